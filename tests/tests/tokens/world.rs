//! A guard on a real socket whose callers come with tokens of a test issuer, and a client of it.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, LazyLock, Mutex, Once},
    time::Duration,
};

use guard_tests::issuer::{Draft, Key, Kind};
use mcp_guard::{Http, ManualClock, ResourceServer, Timestamp, prelude::*};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tracing_subscriber::fmt::MakeWriter;

/// The issuer of most tokens.
pub(crate) const ISSUER: &str = "https://issuer.example";
/// The server, as its tokens name it.
pub(crate) const RESOURCE: &str = "https://payments.example.com/mcp";
/// What time it is, in seconds since the epoch, until a test moves the clock.
pub(crate) const NOW: i64 = 1_900_000_000;
/// A word that is in every token and must be nowhere else.
pub(crate) const CANARY: &str = "canary-1f0c9d";

/// The private keys of the tests. One set for all: RSA keys take long to make.
pub(crate) struct Keys {
    pub(crate) rsa: Key,
    pub(crate) ec: Key,
    pub p384: Key,
    pub(crate) ed: Key,
    /// Of nobody's issuer, with the identifier of one that is.
    pub(crate) forger: Key,
    /// Another one, that sets publish in ways of their own.
    pub(crate) spare: Key,
}

pub(crate) static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys {
    rsa: Key::new(Kind::Rsa, "rsa-1"),
    ec: Key::new(Kind::P256, "ec-1"),
    p384: Key::new(Kind::P384, "p384-1"),
    ed: Key::new(Kind::Ed25519, "ed-1"),
    forger: Key::new(Kind::Rsa, "rsa-1"),
    spare: Key::new(Kind::Rsa, "spare"),
});

/// The claims of an honest token.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice", "aud": RESOURCE, "client_id": "agent",
        "iat": NOW - 5, "exp": NOW + 600, "jti": CANARY, "scope": "refunds orders",
        "email": format!("{CANARY}@example.com"),
    })
}

/// An honest token, before it is signed.
pub(crate) fn draft() -> Draft {
    Draft::new(claims())
}

/// An honest token.
pub(crate) fn honest() -> String {
    draft().sign(&KEYS.rsa)
}

/// What became of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Taken,
    Refused,
    Unavailable,
}

/// Who has called, as the tool's body saw it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Caller>>>);

impl Seen {
    pub(crate) fn callers(&self) -> Vec<Caller> {
        self.0.lock().expect("a list").clone()
    }

    pub(crate) fn last(&self) -> Caller {
        self.callers().pop().expect("a caller")
    }
}

/// Write down who calls.
#[guarded_tool(read_only, any_caller)]
async fn sign_the_book(seen: &Seen, caller: &Caller) -> Result<(), Infallible> {
    seen.0.lock().expect("a list").push(caller.clone());
    Ok(())
}

/// A guard that serves.
pub(crate) struct World {
    url: String,
    client: Client,
    pub(crate) seen: Seen,
    pub(crate) clock: Arc<ManualClock>,
}

impl World {
    /// Serves with this resource server, on a clock that stands at [`NOW`].
    pub(crate) async fn open(server: ResourceServer) -> Self {
        keep_the_log();
        let clock = clock();
        let seen = Seen::default();
        let guard = Guard::builder()
            .provide(seen.clone())
            .tool::<sign_the_book>()
            .http(Http::bind("127.0.0.1:0"))
            .authenticate(server.clock(Arc::clone(&clock) as _))
            .build()
            .expect("a guard");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        tokio::spawn(guard.serve_http_on(listener));
        // Time that is passed in a moment ends idle connections before a client can see it.
        let client = Client::builder().pool_max_idle_per_host(0).build().expect("a client");
        Self { url, client, seen, clock }
    }

    /// Comes with a token, and looks that nothing of it is in the answer.
    pub(crate) async fn present(&self, token: &str) -> Verdict {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "tokens", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({"name": "sign_the_book", "arguments": {}, "_meta": meta});
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let request = self
            .client
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", "tools/call")
            .header("Mcp-Name", "sign_the_book")
            .bearer_auth(token)
            .body(call.to_string());
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let said = format!("{:?}", response.headers());
        let body = response.text().await.expect("a body");
        assert_untold(token, &format!("{said}\n{body}"));
        match status {
            200 => {
                assert!(body.contains(r#""result":null"#), "{body}");
                Verdict::Taken
            }
            401 => {
                assert!(said.contains("www-authenticate"), "{said}");
                Verdict::Refused
            }
            503 => Verdict::Unavailable,
            status => panic!("{status}: {said}\n{body}"),
        }
    }
}

/// A clock that stands at [`NOW`].
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(NOW * 1000)))
}

/// Lets time pass for everything but the wall clock, at once.
pub(crate) async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Nothing of a token is in a text: neither what was hidden in it nor its longer parts.
fn assert_untold(token: &str, text: &str) {
    let parts = token.split('.').filter(|part| part.len() > 20);
    for secret in parts.chain([CANARY]) {
        assert!(!text.contains(secret), "{secret} was told: {text}");
    }
}

/// Nothing of a token has been logged.
pub(crate) fn assert_unlogged(token: &str) {
    let log = LOG.lock().expect("a log");
    assert!(log.contains("an access token was refused"), "there is a log");
    assert_untold(token, &log);
}

static LOG: Mutex<String> = Mutex::new(String::new());

/// Keeps all that the guard and what it stands on log.
fn keep_the_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_env_filter("mcp_guard=trace,rmcp=trace")
            .with_writer(Pen)
            .init();
    });
}

struct Pen;

impl io::Write for Pen {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        LOG.lock().expect("a log").push_str(&String::from_utf8_lossy(text));
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Pen {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}
