//! Guarded tools in a server of one's own, beside an ordinary tool of `rmcp`.

use guard_tests::{
    fixture::Fixture,
    server::{AGENT_TOKEN, INTRUDER_TOKEN, Options, Transport},
    wire::{Version, Wire, every_way},
};
use serde_json::{Value, json};

fn composed(fixture: &Fixture, transport: Transport) -> Options {
    Options { composed: true, ..fixture.server(transport) }
}

fn refund() -> Value {
    json!({
        "order_id": "ord_8821", "amount_cents": 500, "reason": "late",
        "idempotency_key": "an-honest-key",
    })
}

#[tokio::test]
async fn guarded_tools_are_as_guarded_beside_an_ordinary_one() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let wire = Wire::open(&composed(&fixture, transport), version).await;
        let names: Vec<_> = wire.tools().await.iter().map(|tool| tool["name"].clone()).collect();
        assert!(names.contains(&json!("look_around")) && names.contains(&json!("create_refund")));

        let first = wire.call("create_refund", refund()).await;
        let replay = wire.call("create_refund", refund()).await;
        assert_eq!(first.result()["amount_cents"], 500, "{transport:?} {version:?}");
        assert_eq!(replay.bytes(), first.bytes());
        let twice = r#"{"order_id":"o","order_id":"p"}"#;
        assert_eq!(wire.call_raw("create_refund", twice).await.error().1, "repeated_key");
        let mut large = refund();
        large["amount_cents"] = json!(60000);
        large["idempotency_key"] = json!("another-key");
        assert_eq!(wire.call("create_refund", large).await.category(), "authz");
        assert_eq!(fixture.effects().entries().len(), 1);
    }
}

#[tokio::test]
async fn an_ordinary_tool_does_not_see_the_token() {
    for version in Version::ALL {
        let fixture = Fixture::new();
        let wire = Wire::open(&composed(&fixture, Transport::Http), version).await;
        let seen = wire.call("look_around", json!({})).await.bytes();
        assert!(seen.contains("content-type"), "it does see the headers: {seen}");
        assert!(!seen.contains(AGENT_TOKEN), "{version:?}: {seen}");
        assert!(!seen.contains("authorization"), "{version:?}: {seen}");
    }
}

#[tokio::test]
async fn a_token_decides_for_guarded_tools_in_any_server() {
    let fixture = Fixture::new();
    let options = composed(&fixture, Transport::Http);
    let agent = Wire::open(&options, Version::V2026July).await;
    let intruder = Wire::join(agent.url(), INTRUDER_TOKEN, Version::V2026July).await;
    let denied = intruder.call("create_refund", refund()).await;
    assert_eq!(denied.error(), ("authz".into(), "insufficient_scope".into()), "{denied:?}");
    assert_eq!(fixture.effects().entries(), []);
}
