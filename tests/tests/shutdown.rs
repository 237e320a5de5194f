//! A server that is told to end while a client keeps it waiting.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use guard_tests::{
    fixture::{Fixture, Process},
    server::{AGENT_TOKEN, Transport},
    wire::{Version, Wire},
};
use mcp_guard::{MemoryStore, prelude::*};
use rustix::process::{Signal, getpid, kill_process};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::{ChildStdin, ChildStdout},
    time::timeout,
};

/// Longer than a server waits for those who are silent.
const PATIENCE: Duration = Duration::from_secs(12);

async fn connection(url: &str) -> TcpStream {
    let address = url.trim_start_matches("http://").split('/').next().expect("an address");
    TcpStream::connect(address).await.expect("a server that listens")
}

fn head(rest: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {AGENT_TOKEN}\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{rest}"
    )
}

#[tokio::test]
async fn a_client_that_never_finishes_its_request_keeps_no_server() {
    let unfinished = [
        ("a head", head("")),
        ("a body", head("Content-Length: 100\r\n\r\n{")),
        ("chunks", head("Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")),
    ];
    let ended = unfinished.map(async |(what, request)| {
        let fixture = Fixture::new();
        let wire = Wire::open(&fixture.server(Transport::Http), Version::V2026July).await;
        // It listens before it can be told to end; it answers only after that.
        assert!(!wire.tools().await.is_empty());
        let mut connection = connection(wire.url()).await;
        connection.write_all(request.as_bytes()).await.expect("sent");
        tokio::time::sleep(Duration::from_millis(200)).await;
        let told = Instant::now();
        wire.process().terminate();
        assert!(wire.process().ended().await.success(), "{what}");
        assert!(told.elapsed() < PATIENCE, "{what}: {:?}", told.elapsed());
    });
    futures_util::future::join_all(ended).await;
}

/// How often something was done.
#[derive(Clone, Default)]
struct Done(Arc<AtomicU32>);

/// Act once.
#[guarded_tool(idempotent, any_caller)]
async fn act(done: &Done) -> Result<u32, Infallible> {
    Ok(done.0.fetch_add(1, Ordering::SeqCst))
}

/// In a process that goes on when its server has ended: this one.
#[tokio::test]
async fn nothing_is_begun_when_a_server_has_ended() {
    const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"act","arguments":{"idempotency_key":"an-honest-key"}}}"#;
    let done = Done::default();
    let builder = Guard::builder().provide(done.clone()).tool::<act>();
    let builder = builder.store(MemoryStore::new().expect("a store"));
    let tokens = StaticTokens::new().token(AGENT_TOKEN, Caller::local("agent"));
    let http = Http::bind("127.0.0.1:0");
    let guard = builder.http(http).authenticate(tokens).build().expect("a guard");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    let served = tokio::spawn(guard.serve_http_on(listener));

    let mut late = connection(&url).await;
    let begun = head(&format!("Content-Length: {}\r\n\r\n{{", CALL.len()));
    late.write_all(begun.as_bytes()).await.expect("sent");
    // Who came later is answered, so that the first is in.
    let answer = reqwest::get(&url).await.expect("a server that can be told to end");
    assert_eq!(answer.status(), 401);
    kill_process(getpid(), Signal::TERM).expect("this process");
    served.await.expect("no panic").expect("a server that has ended");

    // Nobody may be there any more to hear it.
    let _ = late.write_all(&CALL.as_bytes()[1..]).await;
    let mut answer = Vec::new();
    let closed = timeout(PATIENCE, late.read_to_end(&mut answer)).await;
    assert!(closed.is_ok(), "the connection is open");
    assert_eq!(String::from_utf8_lossy(&answer), "");
    assert_eq!(done.0.load(Ordering::SeqCst), 0);
}

/// A client that has filled its pipe: nothing more can be written to it.
async fn deaf() -> (Process, ChildStdin, ChildStdout, Fixture) {
    let fixture = Fixture::new();
    let (process, mut stdin, mut stdout) = Process::start(&fixture.server(Transport::Stdio));
    let opened = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"deaf","version":"1"}}}"#;
    let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    stdin.write_all(format!("{opened}\n{initialized}\n").as_bytes()).await.expect("sent");
    // A server that answers can be told to end.
    assert_eq!(stdout.read_u8().await.expect("an answer"), b'{');
    for id in 1..100 {
        let list = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"tools/list\"}}\n");
        stdin.write_all(list.as_bytes()).await.expect("sent");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    (process, stdin, stdout, fixture)
}

#[tokio::test]
async fn a_client_that_reads_nothing_keeps_no_server() {
    let told_to_end = async {
        let (process, _stdin, _stdout, _fixture) = deaf().await;
        let told = Instant::now();
        process.terminate();
        assert!(process.ended().await.success());
        assert!(told.elapsed() < PATIENCE, "SIGTERM: {:?}", told.elapsed());
    };
    let hung_up = async {
        let (process, stdin, _stdout, _fixture) = deaf().await;
        let told = Instant::now();
        drop(stdin);
        assert!(process.ended().await.success());
        assert!(told.elapsed() < PATIENCE, "the input's end: {:?}", told.elapsed());
    };
    tokio::join!(told_to_end, hung_up);
}

/// A session that fails before it is open, with more answers than fit into a pipe.
#[tokio::test]
async fn what_was_answered_before_a_session_failed_is_delivered() {
    const PINGS: usize = 100;
    let fixture = Fixture::new();
    let (process, mut stdin, mut stdout) = Process::start(&fixture.server(Transport::Stdio));
    let long = "x".repeat(1000);
    for number in 0..PINGS {
        let ping =
            format!("{{\"jsonrpc\":\"2.0\",\"id\":\"{long}-{number}\",\"method\":\"ping\"}}\n");
        stdin.write_all(ping.as_bytes()).await.expect("sent");
    }
    let too_early = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";
    stdin.write_all(too_early.as_bytes()).await.expect("sent");
    // The client comes to read late. The server must be there still.
    let gone = timeout(Duration::from_secs(1), process.ended()).await;
    let mut answers = String::new();
    stdout.read_to_string(&mut answers).await.expect("text");
    assert_eq!(answers.lines().count(), PINGS);
    assert!(answers.ends_with("}\n") && answers.contains(&format!("{long}-{}", PINGS - 1)));
    assert!(gone.is_err(), "it ended before it was heard");
    assert!(!process.ended().await.success());
    assert!(process.log().contains("initialize"), "{}", process.log());
}
