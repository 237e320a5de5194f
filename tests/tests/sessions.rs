//! Sessions of clients of earlier revisions: whose they are, and how many there may be.

use std::convert::Infallible;

use guard_tests::server::{AGENT_TOKEN, INTRUDER_TOKEN};
use mcp_guard::{BuildError, Http, prelude::*};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, task::JoinHandle};

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const CALL: &str =
    r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"whose","arguments":{}}}"#;
const DISCOVER: &str = r#"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Name {
    name: String,
}

/// Say who calls.
#[guarded_tool(read_only, scope = "names")]
async fn whose(caller: &Caller) -> Result<Name, Infallible> {
    Ok(Name { name: caller.subject().into() })
}

struct Server {
    url: String,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn guard(http: Http) -> Result<Guard, BuildError> {
    let tokens = StaticTokens::new()
        .token(AGENT_TOKEN, Caller::new("test", "agent").with_scopes(["names"]))
        .token(INTRUDER_TOKEN, Caller::new("test", "intruder").with_scopes(["names"]));
    Guard::builder().http(http).authenticate(tokens).tool::<whose>().build()
}

impl Server {
    async fn start(set: impl FnOnce(Http) -> Http) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let guard = guard(set(Http::bind("127.0.0.1:0"))).expect("a guard");
        let task = tokio::spawn(async move {
            guard.serve_http_on(listener).await.expect("a server");
        });
        Self { url, task }
    }

    fn request(&self, method: Method, token: &str, session: Option<&str>) -> RequestBuilder {
        let request = Client::new()
            .request(method, &self.url)
            .bearer_auth(token)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream");
        match session {
            Some(session) => request.header("Mcp-Session-Id", session),
            None => request,
        }
    }

    async fn post(&self, token: &str, session: Option<&str>, body: &'static str) -> Response {
        let request = self.request(Method::POST, token, session).body(body);
        request.send().await.expect("an answer")
    }

    /// Begins a session, if there is to be one.
    async fn begin(&self, token: &str) -> Option<String> {
        let response = self.post(token, None, INITIALIZE).await;
        assert_eq!(response.status(), StatusCode::OK);
        let session = response.headers().get("Mcp-Session-Id")?;
        let session = session.to_str().expect("visible ASCII").to_owned();
        let accepted = self.post(token, Some(&session), INITIALIZED).await;
        assert_eq!(accepted.status(), StatusCode::ACCEPTED);
        Some(session)
    }

    async fn status(&self, method: Method, token: &str, session: &str) -> StatusCode {
        let body = if method == Method::POST { CALL } else { "" };
        let request = self.request(method, token, Some(session)).body(body);
        request.send().await.expect("an answer").status()
    }
}

async fn text(response: Response) -> String {
    response.text().await.expect("a body")
}

#[tokio::test]
async fn there_are_none_unless_the_operator_wants_them() {
    let server = Server::start(|http| http).await;
    assert_eq!(server.begin(AGENT_TOKEN).await, None);
    assert!(text(server.post(AGENT_TOKEN, None, CALL).await).await.contains("agent"));
}

#[tokio::test]
async fn a_session_belongs_to_the_caller_who_began_it() {
    let server = Server::start(|http| http.max_sessions(8)).await;
    let session = server.begin(AGENT_TOKEN).await.expect("a session");
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let status = server.status(method.clone(), INTRUDER_TOKEN, &session).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method}");
    }
    let answer = text(server.post(AGENT_TOKEN, Some(&session), CALL).await).await;
    assert!(answer.contains("agent"), "the session goes on: {answer}");
    let unknown = "00000000-0000-4000-8000-000000000000";
    assert_eq!(server.status(Method::POST, AGENT_TOKEN, unknown).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn two_names_of_a_session_are_none() {
    let server = Server::start(|http| http.max_sessions(8)).await;
    let own = server.begin(INTRUDER_TOKEN).await.expect("a session");
    let other = server.begin(AGENT_TOKEN).await.expect("a session");
    for [first, second] in [[&own, &other], [&other, &own]] {
        let request = server.request(Method::POST, INTRUDER_TOKEN, Some(first));
        let request = request.header("Mcp-Session-Id", second.as_str()).body(CALL);
        assert_eq!(request.send().await.expect("an answer").status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_session_is_no_credential() {
    let server = Server::start(|http| http.max_sessions(8)).await;
    let session = server.begin(AGENT_TOKEN).await.expect("a session");
    let status = server.status(Method::POST, "token-of-nobody", &session).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn there_are_as_many_as_there_may_be_and_ended_ones_make_room() {
    let server = Server::start(|http| http.max_sessions(3).max_sessions_per_caller(2)).await;
    let first = server.begin(AGENT_TOKEN).await.expect("a session");
    server.begin(AGENT_TOKEN).await.expect("a session");
    let refused = server.post(AGENT_TOKEN, None, INITIALIZE).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    server.begin(INTRUDER_TOKEN).await.expect("another caller's");
    let full = server.post(INTRUDER_TOKEN, None, INITIALIZE).await;
    assert_eq!(full.status(), StatusCode::SERVICE_UNAVAILABLE);

    assert!(server.status(Method::DELETE, AGENT_TOKEN, &first).await.is_success());
    assert_eq!(server.status(Method::POST, AGENT_TOKEN, &first).await, StatusCode::NOT_FOUND);
    server.begin(INTRUDER_TOKEN).await.expect("a place that was given back");
}

#[tokio::test]
async fn clients_of_2026_07_28_need_none_and_take_no_place() {
    let server = Server::start(|http| http.max_sessions(1)).await;
    server.begin(AGENT_TOKEN).await.expect("a session");
    let request = server.request(Method::POST, AGENT_TOKEN, None).body(DISCOVER);
    let request = request
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", "server/discover");
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers().get("Mcp-Session-Id"), None);
}

/// `rmcp` takes every `initialize` for the beginning of a session, whatever revision it names.
#[tokio::test]
async fn an_initialize_that_names_2026_07_28_takes_a_place_and_has_an_owner() {
    let server = Server::start(|http| http.max_sessions(2)).await;
    let initialize = INITIALIZE.replace("2025-11-25", "2026-07-28");
    let begin = async || {
        let request = server.request(Method::POST, AGENT_TOKEN, None).body(initialize.clone());
        let request = request.header("MCP-Protocol-Version", "2026-07-28");
        request.send().await.expect("an answer")
    };
    let first = begin().await.headers()["Mcp-Session-Id"].to_str().expect("text").to_owned();
    assert_eq!(begin().await.status(), StatusCode::OK);
    for _ in 0..3 {
        let refused = begin().await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(refused.headers().get("Mcp-Session-Id"), None);
    }
    let strangers = server.status(Method::POST, INTRUDER_TOKEN, &first).await;
    assert_eq!(strangers, StatusCode::NOT_FOUND);
    let answer = text(server.post(AGENT_TOKEN, Some(&first), CALL).await).await;
    assert!(answer.contains("agent"), "it is its owner's: {answer}");
    assert!(server.status(Method::DELETE, AGENT_TOKEN, &first).await.is_success());
    assert_eq!(begin().await.status(), StatusCode::OK, "a place that was given back");
}

#[test]
fn no_session_at_all_is_a_mistake() {
    let http = Http::bind("127.0.0.1:0").max_sessions(0).max_sessions_per_caller(0);
    let mistakes = guard(http).err().expect("two mistakes").to_string();
    for written in ["`.max_sessions(0)`", "`.max_sessions_per_caller(0)`"] {
        assert!(mistakes.contains(written), "{mistakes}");
    }
}
