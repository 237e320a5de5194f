//! The door of an HTTP server: who is let in before a message is read at all.

use guard_tests::{
    fixture::Fixture,
    server::{AGENT_TOKEN, Transport},
    wire::{Version, Wire},
};
use reqwest::{Client, RequestBuilder, Response};

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_refund","arguments":{"order_id":"ord_8821","amount_cents":500,"reason":"late","idempotency_key":"an-honest-key"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"door","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}"#;

/// A server, and a request to it that would be served: each test spoils it in one way.
async fn honest_request() -> (Fixture, Wire, RequestBuilder) {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Http), Version::V2026July).await;
    let request = Client::new()
        .post(wire.url())
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", "tools/call")
        .header("Mcp-Name", "create_refund")
        .body(CALL);
    (fixture, wire, request)
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("a server that answers")
}

#[tokio::test]
async fn an_honest_request_is_served() {
    let (fixture, _wire, request) = honest_request().await;
    let response = send(request.bearer_auth(AGENT_TOKEN)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(fixture.effects().entries().len(), 1);
}

#[tokio::test]
async fn nobody_is_let_in_without_the_right_token() {
    let (fixture, _wire, request) = honest_request().await;
    let request = || request.try_clone().expect("a body of text");
    let basic = request().basic_auth("agent", Some(AGENT_TOKEN));
    let intruders = [
        ("no token", request()),
        ("a wrong token", request().bearer_auth("token-of-nobody")),
        ("a token that is longer", request().bearer_auth(format!("{AGENT_TOKEN}0"))),
        ("a token that is shorter", request().bearer_auth(&AGENT_TOKEN[1..])),
        ("an empty token", request().bearer_auth("")),
        ("another scheme", basic),
    ];
    for (what, intruder) in intruders {
        let response = send(intruder).await;
        assert_eq!(response.status(), 401, "{what}");
        let challenge = response.headers().get("WWW-Authenticate").expect("a challenge").clone();
        let challenge = challenge.to_str().expect("text");
        assert!(challenge.starts_with("Bearer"), "{what}: {challenge}");
        let body = response.text().await.expect("a body");
        assert!(!body.contains("token-of-"), "{what}: {body}");
        assert_eq!(fixture.effects().entries(), [], "{what}");
    }
}

/// Two tokens could be read differently by a proxy, and one in the address would stand in every log.
#[tokio::test]
async fn a_token_comes_once_and_in_its_header() {
    let (fixture, wire, request) = honest_request().await;
    let request = || request.try_clone().expect("a body of text");
    let twice = request()
        .header("Authorization", "Bearer token-of-nobody")
        .header("Authorization", format!("Bearer {AGENT_TOKEN}"));
    assert_eq!(send(twice).await.status(), 400);

    let (client, addressed) = request().build_split();
    let mut addressed = addressed.expect("a request");
    let address = format!("{}?access_token={AGENT_TOKEN}", wire.url());
    *addressed.url_mut() = address.parse().expect("an address");
    let response = client.execute(addressed).await.expect("an answer");
    assert_eq!(response.status(), 400);
    assert_eq!(fixture.effects().entries(), []);
}

/// What a page in a person's browser would send after its name was bound to this machine.
#[tokio::test]
async fn another_host_or_origin_is_refused() {
    let (fixture, _wire, request) = honest_request().await;
    for (header, value) in [
        ("Host", "evil.example"),
        ("Host", "evil.example:8787"),
        ("Host", "127.0.0.1.evil.example"),
        ("Origin", "https://evil.example"),
        ("Origin", "http://127.0.0.1.evil.example"),
        ("Origin", "null"),
    ] {
        let request = request.try_clone().expect("a body of text").bearer_auth(AGENT_TOKEN);
        let response = send(request.header(header, value)).await;
        assert_eq!(response.status(), 403, "{header}: {value}");
        assert_eq!(fixture.effects().entries(), [], "{header}: {value}");
    }
}

#[tokio::test]
async fn every_method_is_behind_the_door() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Http), Version::V2026July).await;
    let client = Client::new();
    for request in [client.get(wire.url()), client.delete(wire.url()), client.put(wire.url())] {
        let response = send(request.header("Accept", "text/event-stream")).await;
        assert!([401, 405].contains(&response.status().as_u16()), "{response:?}");
    }
}

/// The name in the header is there for routers; the one in the body is called.
#[tokio::test]
async fn headers_that_say_otherwise_than_the_body_are_refused() {
    let (fixture, wire, _) = honest_request().await;
    let text = CALL.to_owned();
    let answer = wire.exchange(1, "tools/call", Some("get_order"), &text).await;
    assert!(answer.status.is_some_and(|status| (400..500).contains(&status)), "{answer:?}");
    assert_eq!(fixture.effects().entries(), []);
}
