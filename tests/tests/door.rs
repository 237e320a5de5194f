//! The door of an HTTP server, before anybody knows who stands there: floods, crowds, and clients that
//! take their time.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use guard_tests::answer::envelope_of;
use mcp_guard::{AuthenticateFuture, MemoryStore, Proxies, Quota, prelude::*};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"act","arguments":{"idempotency_key":"an-honest-key"}}}"#;

/// What stands behind the door, and counts.
#[derive(Clone)]
struct Behind {
    asked: Arc<AtomicU32>,
    acted: Arc<AtomicU32>,
    /// What the authenticator waits for.
    open: Arc<Semaphore>,
}

impl Behind {
    fn new() -> Self {
        Self { asked: Arc::default(), acted: Arc::default(), open: Arc::new(Semaphore::new(1)) }
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    fn acted(&self) -> u32 {
        self.acted.load(Ordering::SeqCst)
    }

    /// Serves, at a port of its own.
    async fn serve(&self, http: Http) -> SocketAddr {
        let guard = self.guard(http);
        let (listener, address) = bound().await;
        tokio::spawn(async move { guard.serve_http_on(listener).await });
        address
    }

    fn guard(&self, http: Http) -> Guard {
        let builder = Guard::builder().provide(self.clone()).tool::<act>();
        let builder = builder.store(MemoryStore::new().expect("a store"));
        builder.http(http).authenticate(self.clone()).build().expect("a guard")
    }
}

impl Authenticate for Behind {
    fn authenticate<'a>(&'a self, token: &'a str) -> AuthenticateFuture<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            drop(self.open.acquire().await);
            match token {
                "good" => Ok(Caller::local("agent")),
                _ => Err(mcp_guard::AuthenticateError::InvalidToken),
            }
        })
    }
}

/// Act once.
#[guarded_tool(idempotent, any_caller)]
async fn act(behind: &Behind) -> Result<u32, Infallible> {
    Ok(behind.acted.fetch_add(1, Ordering::SeqCst))
}

fn http() -> Http {
    Http::bind("127.0.0.1:0")
}

async fn bound() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

fn call(client: &Client, address: SocketAddr) -> RequestBuilder {
    client
        .post(format!("http://{address}/mcp"))
        .bearer_auth("good")
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2025-11-25")
        .body(CALL)
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("an answer")
}

fn retry_after(response: &Response) -> Duration {
    let seconds = response.headers().get("Retry-After").expect("a time").to_str().expect("text");
    Duration::from_secs(seconds.parse().expect("seconds"))
}

/// Writes `head` to a connection of its own.
async fn raw(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(text.as_bytes()).await.expect("the server listens");
    stream
}

/// All that comes until the server closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    let read = timeout(Duration::from_secs(10), stream.read_to_string(&mut text)).await;
    read.expect("the server closes").expect("text");
    text
}

const FLOOD: usize = 100_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_from_one_address_does_not_reach_the_authenticator() {
    let behind = Behind::new();
    let address = behind.serve(http().per_address(Quota::per_hour(100))).await;
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer bad\r\n\
         Content-Length: 0\r\n\r\n"
    );
    let started = Instant::now();
    let (mut read, mut write) = raw(address, "").await.into_split();
    let batch = request.repeat(100);
    let writing = tokio::spawn(async move {
        for _ in 0..FLOOD / 100 {
            write.write_all(batch.as_bytes()).await.expect("the server listens");
        }
        write
    });
    let (mut counted, mut text) = ([0; 2], Vec::new());
    while counted.iter().sum::<usize>() < FLOOD {
        assert!(read.read_buf(&mut text).await.expect("answers") > 0, "{counted:?}");
        // Answers end with an empty line, for none has a body.
        while let Some(end) = text.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = text.drain(..end + 4).collect::<Vec<_>>();
            let place = usize::from(!head.starts_with(b"HTTP/1.1 401"));
            counted[place] += 1;
            assert!(place == 0 || head.starts_with(b"HTTP/1.1 429"), "{head:?}");
        }
    }
    drop(writing.await);
    println!("{FLOOD} requests in {:?}: {counted:?} answered 401 and 429", started.elapsed());
    assert_eq!(counted, [100, FLOOD - 100]);
    assert_eq!(behind.asked(), 100);
}

#[tokio::test]
async fn who_comes_too_often_is_sent_away_before_the_body_and_served_later() {
    let behind = Behind::new();
    let quota = Quota::new(1, Duration::from_secs(1));
    let address = behind.serve(http().per_address(quota)).await;
    let stranger = Client::new().get(format!("http://{address}/mcp"));
    assert_eq!(send(stranger).await.status(), 401);

    let head = format!("POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Length: 10\r\n\r\n");
    let mut answer = [0; 12];
    let mut stream = raw(address, &head).await;
    stream.read_exact(&mut answer).await.expect("an answer without a body");
    assert_eq!(&answer, b"HTTP/1.1 429");

    let refused = send(call(&Client::new(), address)).await;
    assert_eq!((refused.status(), behind.acted()), (StatusCode::TOO_MANY_REQUESTS, 0));
    assert_eq!(retry_after(&refused), Duration::from_secs(1));
    sleep(retry_after(&refused)).await;
    let served = send(call(&Client::new(), address)).await;
    let message: Value = served.json().await.expect("a message");
    assert_eq!(envelope_of(&message["result"]).expect("an envelope")["status"], "ok", "{message}");
    assert_eq!(behind.acted(), 1);
}

#[tokio::test]
async fn addresses_are_told_apart_as_trusted_proxies_tell_them() {
    let behind = Behind::new();
    let client = Client::new();
    let limited = || http().per_address(Quota::per_hour(1));
    let proxied = limited().behind(Proxies::x_forwarded_for(["127.0.0.0/8"]));
    let (direct, proxied) = (behind.serve(limited()).await, behind.serve(proxied).await);
    let status = async |address, from: &str| {
        send(call(&client, address).header("X-Forwarded-For", from)).await.status().as_u16()
    };
    assert_eq!(status(direct, "192.0.2.1").await, 200);
    assert_eq!(status(direct, "192.0.2.2").await, 429, "a header that nobody trusts is nothing");

    assert_eq!(status(proxied, "192.0.2.1").await, 200);
    assert_eq!(status(proxied, "192.0.2.1").await, 429);
    assert_eq!(status(proxied, "192.0.2.7, 192.0.2.1").await, 429, "what the client wrote itself");
    assert_eq!(status(proxied, "192.0.2.2").await, 200, "others are not concerned");
    assert_eq!(status(proxied, "2001:db8:1:1::1").await, 200);
    assert_eq!(status(proxied, "2001:db8:1:1:ffff::1").await, 429, "the same /64");
    assert_eq!(status(proxied, "2001:db8:1:2::1").await, 200);
}

#[tokio::test]
async fn a_crowd_is_sent_away_at_once_and_let_in_later() {
    let behind = Behind::new();
    let address = behind.serve(http().max_concurrent_requests(2)).await;
    let client = Client::new();
    let held = behind.open.acquire().await.expect("open");
    let waiting = [(); 2].map(|()| tokio::spawn(send(call(&client, address))));
    while behind.asked() < 2 {
        sleep(Duration::from_millis(5)).await;
    }
    let refused = send(call(&client, address)).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(retry_after(&refused), Duration::from_secs(1));
    assert_eq!(behind.asked(), 2, "nobody was asked about its token");
    drop(held);
    for waiting in waiting {
        assert_eq!(waiting.await.expect("no panic").status(), 200);
    }
    assert_eq!(send(call(&client, address)).await.status(), 200);
    assert_eq!(behind.acted(), 1, "one key, one effect");
}

#[tokio::test]
async fn one_address_does_not_take_the_places_of_others() {
    let behind = Behind::new();
    let proxies = Proxies::forwarded(["127.0.0.1"]);
    let limits = http().max_concurrent_requests_per_address(1).behind(proxies);
    let address = behind.serve(limits).await;
    let client = Client::new();
    let from = |client: &str| format!("for={client}");
    let request = |who: &str| call(&client, address).header("Forwarded", from(who));
    let held = behind.open.acquire().await.expect("open");
    let waiting = ["192.0.2.1", "192.0.2.2"].map(|who| tokio::spawn(send(request(who))));
    while behind.asked() < 2 {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(send(request("192.0.2.1")).await.status(), 503);
    drop(held);
    for waiting in waiting {
        assert_eq!(waiting.await.expect("no panic").status(), 200);
    }
}

#[tokio::test]
async fn clients_that_never_finish_a_request_are_not_waited_for() {
    let behind = Behind::new();
    let address = behind.serve(http().read_timeout(Duration::from_millis(300))).await;
    let started = Instant::now();
    let head = format!("POST /mcp HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer good\r\n");
    for part in ["", "POST", &head] {
        let answer = rest(raw(address, part).await).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{part}: {answer}");
    }
    let whole_head =
        format!("{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{");
    let answer = rest(raw(address, &whole_head).await).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(send(call(&Client::new(), address)).await.status(), 200, "others are served");
}

/// Writes requests and takes no answer, until the server hangs up. Small buffers are full soon.
async fn read_nothing(address: SocketAddr) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(address).await.expect("a connection");
    let requests = format!("GET /mcp HTTP/1.1\r\nHost: {address}\r\n\r\n").repeat(100);
    let hangs_up = async { while stream.write_all(requests.as_bytes()).await.is_ok() {} };
    timeout(Duration::from_secs(30), hangs_up).await.expect("the server hangs up");
}

#[tokio::test]
async fn clients_that_take_no_answer_are_not_waited_for() {
    let limits = http().read_timeout(Duration::from_millis(300)).max_connections(1);
    let address = Behind::new().serve(limits).await;
    read_nothing(address).await;
    served_soon(address).await;
}

#[tokio::test]
async fn an_answer_that_takes_its_time_is_waited_for() {
    let behind = Behind::new();
    let patience = Duration::from_millis(200);
    let address = behind.serve(http().read_timeout(patience)).await;
    let held = behind.open.acquire().await.expect("open");
    let waiting = tokio::spawn(send(call(&Client::new(), address)));
    sleep(patience * 4).await;
    drop(held);
    assert_eq!(waiting.await.expect("no panic").status(), 200);
}

/// A connection from an address of this machine, and whether it is turned away.
async fn turned_away(from: [u8; 4], address: SocketAddr) -> (TcpStream, bool) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((from, 0).into()).expect("an address of this machine");
    let mut stream = socket.connect(address).await.expect("a connection");
    let request = format!("GET /mcp HTTP/1.1\r\nHost: {address}\r\n\r\n");
    // A server that has hung up already may not be heard any more.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut status = [0; 12];
    let heard = stream.read_exact(&mut status).await;
    (stream, heard.is_err() || &status == b"HTTP/1.1 503")
}

#[tokio::test]
async fn one_address_does_not_take_the_connections_of_others() {
    let limits = || http().max_connections_per_address(2);
    let address = Behind::new().serve(limits()).await;
    let proxied = limits().behind(Proxies::x_forwarded_for(["127.0.0.1"]));
    let proxied = Behind::new().serve(proxied).await;
    let mut open = Vec::new();
    for (address, from, is_refused) in [
        (address, [127, 0, 0, 1], false),
        (address, [127, 0, 0, 1], false),
        (address, [127, 0, 0, 1], true),
        (address, [127, 0, 0, 2], false),
        // A proxy's are everybody's.
        (proxied, [127, 0, 0, 1], false),
        (proxied, [127, 0, 0, 1], false),
        (proxied, [127, 0, 0, 1], false),
        (proxied, [127, 0, 0, 2], false),
        (proxied, [127, 0, 0, 2], false),
        (proxied, [127, 0, 0, 2], true),
    ] {
        let (stream, refused) = turned_away(from, address).await;
        assert_eq!(refused, is_refused, "{} from {from:?} to {address}", open.len());
        open.push(stream);
    }
}

/// Waits until there is a place for one more, and it is served.
async fn served_soon(address: SocketAddr) {
    let patience = Instant::now() + Duration::from_secs(10);
    while !matches!(call(&Client::new(), address).send().await, Ok(answer) if answer.status() == 200)
    {
        assert!(Instant::now() < patience, "a place that is free again is given");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn beyond_its_connections_a_server_turns_clients_away() {
    let address = Behind::new().serve(http().max_connections(2)).await;
    let first = raw(address, "").await;
    let _second = raw(address, "").await;
    let answer = rest(raw(address, "").await).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("Retry-After: 1"), "{answer}");
    drop(first);
    // The server notices in its own time.
    served_soon(address).await;
}

/// In a server of one's own, which may not say where requests come from.
#[tokio::test]
async fn an_address_that_nobody_tells_is_not_let_in() {
    let behind = Behind::new();
    let router = behind.guard(http().per_address(Quota::per_hour(1))).router().expect("HTTP");
    let (mute, telling) = (bound().await, bound().await);
    let addressed = router.clone().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(mute.0, router).await });
    tokio::spawn(async move { axum::serve(telling.0, addressed).await });
    let client = Client::new();
    assert_eq!(send(call(&client, mute.1)).await.status(), 500);
    assert_eq!((behind.asked(), behind.acted()), (0, 0));
    assert_eq!(send(call(&client, telling.1)).await.status(), 200);
    assert_eq!(send(call(&client, telling.1)).await.status(), 429);
}

#[test]
fn limits_that_cannot_be_meant_are_mistakes() {
    let http = http().per_address(Quota::per_second(0)).max_concurrent_requests(0);
    let http = http.max_concurrent_requests_per_address(0).max_connections(0);
    let http = http.max_connections_per_address(0);
    let http = http.read_timeout(Duration::ZERO).behind(Proxies::forwarded(["10.0.0.0/99"]));
    let builder = Guard::builder().provide(Behind::new()).tool::<act>();
    let builder = builder.store(MemoryStore::new().expect("a store"));
    let built = builder.http(http).authenticate(StaticTokens::new()).build();
    let mistakes = built.err().expect("mistakes").to_string();
    for mistake in [
        "`.per_address(…)` lets nothing through",
        "`.max_concurrent_requests(0)`",
        "`.max_concurrent_requests_per_address(0)`",
        "`.max_connections(0)`",
        "`.max_connections_per_address(0)`",
        "`.read_timeout(…)`",
        "\"10.0.0.0/99\", which is no address or network",
    ] {
        assert!(mistakes.contains(mistake), "{mistake}: {mistakes}");
    }
}
