//! Who may do what, and what they learn when they may not.

use guard_tests::{
    answer::Answer,
    fixture::Fixture,
    server::{INTRUDER_TOKEN, Options, Transport},
    wire::{Version, Wire, every_way},
};
use serde_json::{Value, json};

fn refund(amount_cents: u64) -> Value {
    json!({
        "order_id": "ord_8821", "amount_cents": amount_cents, "reason": "late",
        "idempotency_key": "an-honest-key",
    })
}

/// Everything that could tell a curious caller something, from fitting to nonsense.
fn probes() -> Vec<String> {
    let fitting = refund(500).to_string();
    vec![
        fitting.clone(),
        refund(60000).to_string(),
        fitting.replace("500", "\"500\""),
        fitting.replace("ord_8821", "ord_missing"),
        fitting.replace("an-honest-key", "short"),
        fitting.replace("late", "no such reason"),
        r#"{"invented":true}"#.into(),
        "{}".into(),
    ]
}

#[tokio::test]
async fn a_caller_without_the_scope_learns_nothing_from_the_arguments() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        // One call that is recorded, so that a replay would be something to learn, too.
        let agent = Wire::open(&fixture.server(transport), version).await;
        let _ = agent.call("create_refund", refund(500)).await.result();

        let intruder = Wire::open(&fixture.server_for(transport, &[]), version).await;
        let mut answers = Vec::new();
        for probe in probes() {
            let answer = intruder.call_raw("create_refund", &probe).await;
            assert_eq!(answer.error(), ("authz".into(), "insufficient_scope".into()), "{probe}");
            answers.push(answer.bytes());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{transport:?} {version:?}: {answers:#?}");
        assert_eq!(fixture.effects().entries().len(), 1);
    }
}

#[tokio::test]
async fn a_replay_is_authorized_again() {
    let fixture = Fixture::new();
    let agent = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let _ = agent.call("create_refund", refund(500)).await.result();
    let demoted = fixture.server_for(Transport::Stdio, &["orders"]);
    let demoted = Wire::open(&demoted, Version::V2025November).await;
    let answer = demoted.call("create_refund", refund(500)).await;
    assert_eq!(answer.error(), ("authz".into(), "insufficient_scope".into()), "{answer:?}");
}

#[tokio::test]
async fn by_default_every_caller_sees_every_tool_in_one_order() {
    let fixture = Fixture::new();
    let agent = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let other = Wire::open(&fixture.server_for(Transport::Http, &[]), Version::V2026July).await;
    let (tools, others) = (agent.tools().await, other.tools().await);
    assert_eq!(names(&tools), names(&others));
    assert_eq!(names(&tools), names(&agent.tools().await));
    assert_eq!(tools.len(), 15, "14 of the server's own, and the guard's `operation_status`");
}

fn names(tools: &[Value]) -> Vec<String> {
    tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
}

/// A server that hides what its caller may not call.
fn discreet(fixture: &Fixture, transport: Transport) -> Options {
    Options { hide_unauthorized: true, ..fixture.server_for(transport, &["orders"]) }
}

#[tokio::test]
async fn a_hidden_tool_is_answered_for_like_one_that_does_not_exist() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        // Two connections that have said the same before, so that the request ids agree.
        let one = Wire::open(&discreet(&fixture, transport), version).await;
        let two = Wire::open(&discreet(&fixture, transport), version).await;
        for wire in [&one, &two] {
            let names = names(&wire.tools().await);
            assert!(!names.iter().any(|name| name == "create_refund"), "{names:?}");
            assert!(names.iter().any(|name| name == "get_order"), "{names:?}");
        }
        for probe in probes() {
            let hidden = one.call_raw("create_refund", &probe).await;
            let absent = two.call_raw("delete_refund", &probe).await;
            assert_eq!(hidden.text, absent.text, "{transport:?} {version:?} {probe}");
            assert_eq!(hidden.status, absent.status);
            assert_eq!(hidden.message()["error"]["code"], -32602, "{hidden:?}");
        }
        assert_eq!(fixture.effects().entries(), []);
    }
}

/// A shared cache must not hand one caller's list to another.
#[tokio::test]
async fn a_list_that_depends_on_the_caller_is_private() {
    let fixture = Fixture::new();
    for transport in [Transport::Stdio, Transport::Http] {
        let wire = Wire::open(&discreet(&fixture, transport), Version::V2026July).await;
        let (id, text) = wire.frame("tools/list", "");
        let answer = wire.exchange(id, "tools/list", None, &text).await;
        assert_eq!(answer.message()["result"]["cacheScope"], "private", "{answer:?}");
    }
}

#[tokio::test]
async fn tokens_decide_on_one_server_who_may_do_what() {
    for version in Version::ALL {
        let fixture = Fixture::new();
        let agent = Wire::open(&fixture.server(Transport::Http), version).await;
        let intruder = Wire::join(agent.url(), INTRUDER_TOKEN, version).await;
        let (granted, denied) = tokio::join!(
            agent.call("create_refund", refund(500)),
            intruder.call("create_refund", refund(500)),
        );
        assert_eq!(granted.result()["amount_cents"], 500);
        assert_eq!(code(&denied), "insufficient_scope", "{denied:?}");
        assert_eq!(fixture.effects().entries().len(), 1);
    }
}

fn code(answer: &Answer) -> String {
    answer.error().1
}
