//! What a client is told over HTTP when its token does not do, so that it can get one that does.

use std::{collections::BTreeSet, convert::Infallible};

use guard_tests::{
    answer::envelope_of,
    fixture::Fixture,
    server::{
        AGENT_TOKEN, INTRUDER_TOKEN, Options, Tokens, Transport,
        issued::{ISSUER, STUMBLING_TOKEN, UNCHECKABLE_TOKEN},
    },
    wire::{Version, Wire},
};
use mcp_guard::{AuthenticateError, AuthenticateFuture, ProtectedResource, prelude::*};
use reqwest::{Client, RequestBuilder, Response, header::WWW_AUTHENTICATE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A server whose tokens come from an issuer, for an agent with these scopes.
fn issued(fixture: &Fixture, scopes: &[&str]) -> Options {
    Options { tokens: Tokens::Issued, ..fixture.server_for(Transport::Http, scopes) }
}

async fn open(options: &Options) -> Wire {
    Wire::open(options, Version::V2026July).await
}

/// The call of a tool, as a client of this version makes it.
fn call(url: &str, version: Version, tool: &str, arguments: &str) -> RequestBuilder {
    let meta = match version {
        Version::V2026July => json!({
            "io.modelcontextprotocol/protocolVersion": version.as_str(),
            "io.modelcontextprotocol/clientInfo": {"name": "door", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }),
        _ => json!({}),
    };
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments},"_meta":{meta}}}}}"#
    );
    let request = Client::new()
        .post(url)
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", version.as_str());
    match version {
        Version::V2026July => request.header("Mcp-Method", "tools/call").header("Mcp-Name", tool),
        _ => request,
    }
    .body(body)
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("a server that answers")
}

fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name);
    value.map_or_else(String::new, |value| value.to_str().expect("text").to_owned())
}

/// The parameters of a challenge. They are as `auth-param` of RFC 9110 §11.2 has them, and none twice.
fn challenge(response: &Response) -> BTreeSet<(String, String)> {
    let values = response.headers().get_all(WWW_AUTHENTICATE).iter().count();
    assert_eq!(values, 1, "{response:?}");
    let text = header(response, "www-authenticate");
    let parameters = text.strip_prefix("Bearer").expect("a challenge for a bearer").trim();
    let read: Vec<_> = parameters
        .split(", ")
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').expect("a parameter");
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            (name.to_owned(), value.expect("in quotes").to_owned())
        })
        .collect();
    let unique: BTreeSet<_> = read.iter().cloned().collect();
    assert_eq!(unique.len(), read.len(), "{text}");
    unique
}

fn parameters<const N: usize>(pairs: [(&str, &str); N]) -> BTreeSet<(String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Where the metadata of the server at this URL is.
fn metadata_of(url: &str) -> String {
    url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")
}

fn refund() -> String {
    json!({"order_id": "ord_8821", "amount_cents": 500, "reason": "late",
        "idempotency_key": "an-honest-key"})
    .to_string()
}

#[tokio::test]
async fn anybody_may_read_where_tokens_come_from() {
    let fixture = Fixture::new();
    let wire = open(&issued(&fixture, &["orders"])).await;
    let (client, appended) = (Client::new(), metadata_of(wire.url()));
    for place in [appended.as_str(), appended.strip_suffix("/mcp").expect("the root's")] {
        let page = client.get(place).header("Origin", "https://app.example.com");
        let response = send(page).await;
        assert_eq!(response.status(), 200, "{place}");
        assert_eq!(header(&response, "content-type"), "application/json");
        assert_eq!(header(&response, "access-control-allow-origin"), "*");
        assert_eq!(header(&response, "access-control-allow-credentials"), "");
        assert!(header(&response, "cache-control").starts_with("public, max-age="));
        let document: Value = response.json().await.expect("JSON");
        let expected = json!({
            "resource": wire.url(),
            "authorization_servers": [ISSUER],
            "scopes_supported": ["disputes", "disputes:large", "orders", "refunds"],
            "bearer_methods_supported": ["header"],
            "resource_name": "guard-fixture",
        });
        assert_eq!(document, expected);

        let preflight = client
            .request(reqwest::Method::OPTIONS, place)
            .header("Origin", "https://app.example.com")
            .header("Access-Control-Request-Method", "GET")
            .header("Access-Control-Request-Headers", "mcp-protocol-version");
        let response = send(preflight).await;
        assert!(response.status().is_success(), "{response:?}");
        assert_eq!(header(&response, "access-control-allow-headers"), "*");
        assert_eq!(send(client.post(place)).await.status(), 405);
    }
}

#[tokio::test]
async fn a_server_whose_tokens_are_handed_out_sends_nobody_anywhere() {
    let fixture = Fixture::new();
    let wire = open(&fixture.server(Transport::Http)).await;
    let client = Client::new();
    assert_eq!(send(client.get(metadata_of(wire.url()))).await.status(), 404);
    let nobody = send(call(wire.url(), Version::V2026July, "get_order", "{}")).await;
    assert_eq!((nobody.status().as_u16(), challenge(&nobody)), (401, parameters([])));
    let intruder = call(wire.url(), Version::V2026July, "create_refund", &refund());
    let denied = send(intruder.bearer_auth(INTRUDER_TOKEN)).await;
    assert_eq!(
        (denied.status().as_u16(), header(&denied, "www-authenticate")),
        (200, String::new())
    );
}

#[tokio::test]
async fn whoever_is_not_let_in_is_told_why_and_where_to_go() {
    let fixture = Fixture::new();
    let wire = open(&issued(&fixture, &["orders"])).await;
    let request = || call(wire.url(), Version::V2026July, "get_order", r#"{"order_id":"o"}"#);
    let at = metadata_of(wire.url());
    let (at, error) = (("resource_metadata", at.as_str()), "error");
    let twice = request().bearer_auth(AGENT_TOKEN).bearer_auth("another");
    let scopes = ("scope", "disputes orders refunds");
    for (what, request, status, expected) in [
        ("no token", request(), 401, parameters([scopes, at])),
        (
            "a wrong one",
            request().bearer_auth("token-of-nobody"),
            401,
            parameters([(error, "invalid_token"), scopes, at]),
        ),
        ("two", twice, 400, parameters([(error, "invalid_request"), at])),
    ] {
        let response = send(request).await;
        assert_eq!(
            (response.status().as_u16(), challenge(&response)),
            (status, expected),
            "{what}"
        );
        assert_eq!(response.text().await.expect("a body"), "", "{what}");
    }
    let mut addressed = request().bearer_auth(AGENT_TOKEN).build().expect("a request");
    addressed.url_mut().set_query(Some(&format!("session={AGENT_TOKEN}")));
    let response = Client::new().execute(addressed).await.expect("an answer");
    let expected = parameters([(error, "invalid_request"), at]);
    assert_eq!((response.status().as_u16(), challenge(&response)), (400, expected));
}

#[tokio::test]
async fn a_token_that_cannot_be_checked_now_may_be_sent_again() {
    let fixture = Fixture::new();
    let wire = open(&issued(&fixture, &["orders"])).await;
    for token in [UNCHECKABLE_TOKEN, STUMBLING_TOKEN] {
        let request = call(wire.url(), Version::V2026July, "get_order", r#"{"order_id":"o"}"#);
        let response = send(request.bearer_auth(token)).await;
        assert_eq!(response.status(), 503, "{token}");
        let after: u32 = header(&response, "retry-after").parse().expect("seconds");
        assert!((1..=60).contains(&after), "{after}");
        assert_eq!(header(&response, "www-authenticate"), "", "it is not the token's fault");
    }
}

/// A stranger's bytes are not even waited for.
#[tokio::test]
async fn nothing_of_a_message_is_read_before_its_sender_is_known() {
    let fixture = Fixture::new();
    let wire = open(&issued(&fixture, &["orders"])).await;
    let address = wire.url().strip_prefix("http://").and_then(|url| url.strip_suffix("/mcp"));
    let address = address.expect("an address");
    for token in ["", "Authorization: Bearer token-of-nobody\r\n"] {
        let mut stream = TcpStream::connect(address).await.expect("a server that listens");
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: {address}\r\n{token}Content-Length: 1000000\r\n\r\n{{\"a\":1,\"a\""
        );
        stream.write_all(head.as_bytes()).await.expect("a server that reads");
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.expect("an answer to half a message");
        assert_eq!(&start, b"HTTP/1.1 401");
    }
}

#[tokio::test]
async fn one_challenge_names_every_scope_of_the_tool() {
    let fixture = Fixture::new();
    let wire = open(&issued(&fixture, &["orders"])).await;
    let at = metadata_of(wire.url());
    for (version, scopes) in [
        // These clients ask for what is named and for nothing else.
        (Version::V2025November, "disputes orders refunds"),
        (Version::V2026July, "disputes refunds"),
    ] {
        let request = call(wire.url(), version, "settle_dispute", r#"{"amount_cents":5}"#);
        let response = send(request.bearer_auth(AGENT_TOKEN)).await;
        assert_eq!(response.status(), 403, "{version:?}");
        let expected = parameters([
            ("error", "insufficient_scope"),
            ("scope", scopes),
            ("resource_metadata", &at),
        ]);
        assert_eq!(challenge(&response), expected, "{version:?}");
        let message: Value = response.json().await.expect("JSON");
        assert_eq!(message["id"], 7, "{message}");
        let envelope = envelope_of(&message["result"]).expect("the envelope, as ever");
        assert_eq!(envelope["error"]["code"], "insufficient_scope");
    }
}

/// Its protocol has no step-up, and it would show the model nothing of a 403.
#[tokio::test]
async fn a_client_of_an_older_protocol_is_given_the_envelope_alone() {
    let fixture = Fixture::new();
    let wire = open(&issued(&fixture, &["orders"])).await;
    let request = call(wire.url(), Version::V2025June, "create_refund", &refund());
    let response = send(request.bearer_auth(AGENT_TOKEN)).await;
    assert_eq!(
        (response.status().as_u16(), header(&response, "www-authenticate")),
        (200, String::new())
    );
    let message: Value = response.json().await.expect("JSON");
    let envelope = envelope_of(&message["result"]).expect("the envelope");
    assert_eq!(envelope["error"]["code"], "insufficient_scope");
}

/// What is sent says nothing to whoever may not send it, and neither does what exists.
#[tokio::test]
async fn an_unscoped_caller_is_answered_the_same_whatever_it_sends() {
    for version in Version::ALL {
        let fixture = Fixture::new();
        let wire = open(&issued(&fixture, &["orders", "refunds"])).await;
        let done = call(wire.url(), version, "create_refund", &refund()).bearer_auth(AGENT_TOKEN);
        assert_eq!(send(done).await.status(), 200);

        let mut answers = BTreeSet::new();
        for arguments in [
            refund(),
            refund().replace("ord_8821", "ord_missing"),
            refund().replace("500", "60000"),
            refund().replace("an-honest-key", "another-key"),
            r#"{"invented":true}"#.into(),
            "{}".into(),
        ] {
            let request = call(wire.url(), version, "create_refund", &arguments);
            let response = send(request.bearer_auth(INTRUDER_TOKEN)).await;
            let (status, challenge) = (response.status(), header(&response, "www-authenticate"));
            answers.insert((status.as_u16(), challenge, response.text().await.expect("a body")));
        }
        assert_eq!(answers.len(), 1, "{version:?}: {answers:#?}");
        assert_eq!(fixture.effects().entries().len(), 1);
    }
}

/// A challenge for a tool that is hidden would say that it is there.
#[tokio::test]
async fn what_is_hidden_stays_hidden() {
    let fixture = Fixture::new();
    let options = Options { hide_unauthorized: true, ..issued(&fixture, &["orders"]) };
    let wire = open(&options).await;
    let document: Value =
        send(Client::new().get(metadata_of(wire.url()))).await.json().await.expect("JSON");
    assert_eq!(document.get("scopes_supported"), None, "{document}");
    let nobody = send(call(wire.url(), Version::V2026July, "get_order", "{}")).await;
    assert_eq!(challenge(&nobody), parameters([("resource_metadata", &metadata_of(wire.url()))]));
    for version in Version::ALL {
        let answer = async |tool: &str| {
            let request = call(wire.url(), version, tool, &refund()).bearer_auth(AGENT_TOKEN);
            let response = send(request).await;
            let (status, challenge) = (response.status(), header(&response, "www-authenticate"));
            (status, challenge, response.text().await.expect("a body"))
        };
        let (hidden, absent) = (answer("create_refund").await, answer("delete_refund").await);
        assert_eq!(hidden, absent, "{version:?}");
        assert_eq!(hidden.1, "");
    }
}

#[tokio::test]
async fn no_tool_sees_a_credential_of_its_callers() {
    let fixture = Fixture::new();
    let wire = open(&Options { composed: true, ..issued(&fixture, &["orders"]) }).await;
    for version in Version::ALL {
        let request = call(wire.url(), version, "look_around", "{}")
            .bearer_auth(AGENT_TOKEN)
            .header("Cookie", "session=canary-of-a-cookie")
            .header("Proxy-Authorization", "Basic canary-of-a-proxy")
            .header("X-Forwarded-Access-Token", AGENT_TOKEN)
            .header("X-Original-Authorization", format!("Bearer {AGENT_TOKEN}"))
            .header("X-Request-Id", "what-is-no-credential");
        let seen = send(request).await.text().await.expect("what the tool saw");
        assert!(seen.contains("what-is-no-credential"), "it does see the headers: {seen}");
        for canary in [AGENT_TOKEN, "canary-of-a-cookie", "canary-of-a-proxy", "uthorization"] {
            assert!(!seen.contains(canary), "{canary}: {seen}");
        }
    }
}

/// There are no sessions: whoever names one is still who its token says, and may do no more.
#[tokio::test]
async fn another_s_session_is_worth_nothing() {
    let fixture = Fixture::new();
    let options = issued(&fixture, &["orders", "refunds"]);
    let agent = Wire::open(&options, Version::V2025November).await;
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "door", "version": "1"}}});
    let opening = Client::new()
        .post(agent.url())
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, text/event-stream")
        .bearer_auth(AGENT_TOKEN)
        .header("Mcp-Session-Id", "made-up")
        .body(hello.to_string());
    let opened = send(opening).await;
    assert_eq!((opened.status().as_u16(), header(&opened, "mcp-session-id")), (200, String::new()));

    for session in ["made-up", "1", "00000000-0000-0000-0000-000000000000"] {
        for version in [Version::V2025June, Version::V2025November] {
            let request = call(agent.url(), version, "create_refund", &refund());
            let denied =
                send(request.bearer_auth(INTRUDER_TOKEN).header("Mcp-Session-Id", session));
            let message: Value = denied.await.json().await.expect("JSON");
            let envelope = envelope_of(&message["result"]).expect("the envelope");
            assert_eq!(envelope["error"]["code"], "insufficient_scope");
            let request = call(agent.url(), version, "create_refund", &refund());
            let nobody = send(request.header("Mcp-Session-Id", session)).await;
            assert_eq!(nobody.status(), 401);
        }
        for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
            let request = Client::new().request(method, agent.url()).bearer_auth(INTRUDER_TOKEN);
            let request = request.header("Accept", "text/event-stream");
            let response = send(request.header("Mcp-Session-Id", session)).await;
            assert_eq!(response.status(), 405, "there is nothing to listen to, or to end");
        }
    }
    assert_eq!(fixture.effects().entries(), []);
}

/// Lets nobody in, and says where tokens for this server are to be had.
struct Nobody(ProtectedResource);

impl Authenticate for Nobody {
    fn authenticate<'a>(&'a self, _: &'a str) -> AuthenticateFuture<'a> {
        Box::pin(async { Err(AuthenticateError::InvalidToken) })
    }

    fn protected_resource(&self) -> Option<&ProtectedResource> {
        Some(&self.0)
    }
}

/// Pay.
#[guarded_tool(idempotent, scope = "pay", limit(cents <= 5), limit(cents <= 9, scope = "pay:more"))]
async fn pay(
    /// How much.
    cents: u64,
) -> Result<u64, Infallible> {
    Ok(cents)
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct PaidBack {
    to: String,
}

/// Pay it back.
#[guarded_tool(idempotent, scope("pay", "pay:back"), redact(to, scope = "pay:accounts"))]
async fn pay_back() -> Result<PaidBack, Infallible> {
    Ok(PaidBack { to: "an account".to_owned() })
}

fn paying(resource: ProtectedResource) -> GuardBuilder {
    let builder = Guard::builder()
        .store(MemoryStore::new().expect("a store"))
        .tool::<pay>()
        .tool::<pay_back>();
    builder.http(Http::bind("127.0.0.1:0").path("/tools/pay")).authenticate(Nobody(resource))
}

#[tokio::test]
async fn where_every_tool_changes_something_all_are_asked_for_but_not_what_only_adds_to_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    // Clients know it by another path: a proxy is in between.
    let resource = ProtectedResource::new("https://pay.example.com/mcp/", [ISSUER]);
    let router = paying(resource).build().expect("a guard").router().expect("a router");
    tokio::spawn(async move { axum::serve(listener, router).await });

    let nobody = send(Client::new().post(format!("http://{address}/tools/pay"))).await;
    let at = "https://pay.example.com/.well-known/oauth-protected-resource/mcp";
    let expected = parameters([("scope", "pay pay:back"), ("resource_metadata", at)]);
    assert_eq!((nobody.status().as_u16(), challenge(&nobody)), (401, expected));
    for path in ["", "/mcp", "/tools/pay"] {
        let place = format!("http://{address}/.well-known/oauth-protected-resource{path}");
        let document: Value = send(Client::new().get(&place)).await.json().await.expect("JSON");
        assert_eq!(document["resource"], "https://pay.example.com/mcp/", "{place}");
        let scopes = json!(["pay", "pay:accounts", "pay:back", "pay:more"]);
        assert_eq!(document["scopes_supported"], scopes);
    }
}

#[test]
fn a_resource_or_an_issuer_that_clients_must_not_trust_is_found_when_the_guard_is_built() {
    let hostile = "https://pay.example.com/\", error=\"none";
    for (resource, issuer) in [(hostile, ISSUER), ("https://pay.example.com", "http://a.example")] {
        let built = paying(ProtectedResource::new(resource, [issuer])).build();
        let mistakes = built.err().expect("a mistake").to_string();
        assert!(mistakes.contains("https://"), "it says what to write: {mistakes}");
        assert!(!mistakes.contains("none"), "and repeats nothing: {mistakes}");
    }
}
