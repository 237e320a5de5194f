//! Bodies that go wrong: the caller is always answered, and told what is certain and no more.

use std::time::{Duration, Instant};

use guard_tests::{
    fixture::Fixture,
    server::{AGENT_TOKEN, CANARY, PANIC_CANARY, Transport},
    wire::{Version, Wire, every_way},
};
use serde_json::json;

const TROUBLE: [(&str, &str, bool); 9] = [
    ("panic_after_acting", "unknown", false),
    ("panic_while_reading", "internal", false),
    ("lose_the_answer", "unknown", false),
    ("lose_the_answer_of_a_deduplicating_backend", "transient", true),
    ("lose_the_answer_of_a_question", "transient", true),
    ("be_busy_at_first", "transient", true),
    ("refuse_rudely", "rejected", false),
    ("break_down", "internal", false),
    ("no_such_tool", "", false),
];

/// Arguments for any of the tools: those that only read take no key.
fn arguments(tools: &[serde_json::Value], tool: &str) -> serde_json::Value {
    let mut arguments = json!({"order_id": "ord_8821"});
    let listed = tools.iter().find(|listed| listed["name"] == tool);
    if listed.is_some_and(|tool| tool["inputSchema"]["properties"].get("idempotency_key").is_some())
    {
        arguments["idempotency_key"] = json!("a-troubled-key");
    }
    arguments
}

#[tokio::test]
async fn a_panic_is_answered_within_a_second() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let wire = Wire::open(&fixture.server(transport), version).await;
        for (tool, category) in
            [("panic_after_acting", "unknown"), ("panic_while_reading", "internal")]
        {
            let arguments = arguments(&wire.tools().await, tool);
            let started = Instant::now();
            let answer = wire.call(tool, arguments.clone()).await;
            assert!(started.elapsed() < Duration::from_secs(1), "{tool}: {:?}", started.elapsed());
            assert_eq!(answer.category(), category, "{transport:?} {version:?}: {answer:?}");
            assert!(answer.envelope()["error"]["error_id"].is_string());
            let again = wire.call(tool, arguments).await;
            assert_eq!(again.category(), category, "and it stays so: {again:?}");
        }
        assert_eq!(fixture.effects().entries().len(), 1, "the panicking tool acted once");
    }
}

#[tokio::test]
async fn each_failure_says_what_is_certain() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let tools = wire.tools().await;
    for (tool, category, retryable) in
        TROUBLE.into_iter().filter(|(_, category, _)| !category.is_empty())
    {
        let answer = wire.call(tool, arguments(&tools, tool)).await;
        let error = &answer.envelope()["error"];
        assert_eq!(error["category"], category, "{tool}: {answer:?}");
        assert_eq!(error["retryable"], retryable, "{tool}: {answer:?}");
        // A new key is safe only where nothing can have been done.
        let acted = fixture.effects().entries().iter().any(|entry| entry.tool == tool);
        if acted {
            assert_eq!(error["safe_new_key"], false, "{tool}: {answer:?}");
        }
    }
    assert_eq!(fixture.effects().entries().len(), 3, "three of them act before they fail");
}

#[tokio::test]
async fn an_answer_that_was_lost_is_never_asked_for_twice() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let arguments = json!({"order_id": "ord_8821", "idempotency_key": "a-troubled-key"});
    for _ in 0..3 {
        let answer = wire.call("lose_the_answer", arguments.clone()).await;
        assert_eq!(answer.category(), "unknown", "{answer:?}");
    }
    assert_eq!(fixture.effects().entries().len(), 1);

    let tool = "lose_the_answer_of_a_deduplicating_backend";
    assert_eq!(wire.call(tool, arguments.clone()).await.category(), "transient");
    let found = wire.call(tool, arguments).await;
    assert_eq!(found.result()["refund_id"], "re_2", "the backend is asked again: {found:?}");
    assert_eq!(fixture.effects().entries().len(), 2);
}

/// Every byte of every answer, in every way, first time and again.
#[tokio::test]
async fn what_a_backend_says_goes_to_the_log_and_to_nobody_else() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let wire = Wire::open(&fixture.server(transport), version).await;
        let tools = wire.tools().await;
        let mut said = serde_json::to_string(&tools).expect("a list");
        let mut ids = Vec::new();
        for (tool, ..) in TROUBLE {
            for _ in 0..2 {
                let answer = wire.call(tool, arguments(&tools, tool)).await;
                said += &answer.text;
                let id =
                    answer.message()["result"]["structuredContent"]["error"]["error_id"].clone();
                ids.extend(id.as_str().map(str::to_owned));
            }
        }
        for canary in [CANARY, PANIC_CANARY, "CANARY", "hunter2", "secret/path"] {
            assert!(!said.contains(canary), "{transport:?} {version:?}: {canary} in {said}");
        }
        // What the model is not told, a person can find.
        wire.process().kill().await;
        let log = wire.process().log();
        assert!(ids.len() >= 8, "failures have an error_id: {ids:?}");
        for id in ids {
            assert!(log.contains(&id), "{id} is in the log: {log}");
        }
        assert!(log.contains(CANARY) && log.contains(PANIC_CANARY), "{log}");
    }
}

#[tokio::test]
async fn a_token_is_seen_by_no_tool_and_stands_in_no_log() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Http), Version::V2025November).await;
    let answer = wire.call("who_am_i", json!({})).await;
    assert_eq!(answer.result()["subject"], "agent");
    assert!(!answer.text.contains(AGENT_TOKEN), "{answer:?}");
    wire.process().kill().await;
    assert!(!wire.process().log().contains(AGENT_TOKEN), "{}", wire.process().log());
}
