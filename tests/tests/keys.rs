//! What a key promises, call after call.

use guard_tests::{
    fixture::Fixture,
    server::Transport,
    wire::{Version, Wire, every_way},
};
use serde_json::{Value, json};

fn refund(amount_cents: u64, key: &str) -> Value {
    json!({
        "order_id": "ord_8821", "amount_cents": amount_cents, "reason": "late",
        "idempotency_key": key,
    })
}

#[tokio::test]
async fn a_repeated_call_gets_the_same_bytes_from_any_server() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let first = Wire::open(&fixture.server(transport), version).await;
        let original = first.call("create_refund", refund(500, "the-same-key")).await;
        assert!(!original.is_replay());
        let again = first.call("create_refund", refund(500, "the-same-key")).await;
        first.process().kill().await;
        let other = Wire::open(&fixture.server(transport), version).await;
        let later = other.call("create_refund", refund(500, "the-same-key")).await;

        for replay in [again, later] {
            assert_eq!(replay.bytes(), original.bytes(), "{transport:?} {version:?}");
            assert_eq!(replay.envelope(), original.envelope());
            assert!(replay.is_replay(), "{replay:?}");
            assert!(replay.message()["result"]["_meta"]["mcp-guard/original_at"].is_string());
        }
        assert_eq!(fixture.effects().entries().len(), 1);
    }
}

/// The order in which a client writes its arguments is no difference; their values are.
#[tokio::test]
async fn the_same_key_with_other_arguments_is_a_conflict() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let original = wire.call("create_refund", refund(500, "the-same-key")).await;
    let conflict = wire.call("create_refund", refund(501, "the-same-key")).await;
    assert_eq!(conflict.error(), ("idempotent".into(), "key_conflict".into()), "{conflict:?}");
    let reordered = r#"{"idempotency_key":"the-same-key","reason":"late",
        "amount_cents":500, "order_id":"ord_8821"}"#
        .replace('\n', " ");
    assert_eq!(wire.call_raw("create_refund", &reordered).await.bytes(), original.bytes());
    assert_eq!(fixture.effects().entries().len(), 1);
}

/// Keys belong to one tool, so that a model's habit of reusing one harms nobody.
#[tokio::test]
async fn a_key_names_one_operation_of_one_tool() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let _ = wire.call("create_refund", refund(500, "the-same-key")).await.result();
    let other = json!({
        "order_id": "ord_8821", "amount_cents": 500, "millis": 0, "idempotency_key": "the-same-key",
    });
    let _ = wire.call("slow_refund", other).await.result();
    let entries = fixture.effects().entries();
    assert_eq!(entries.len(), 2);
    assert_ne!(entries[0].key, entries[1].key, "each operation has a downstream key of its own");
    assert!(entries.iter().all(|entry| !entry.key.contains("the-same-key")));
}

#[tokio::test]
async fn a_transient_failure_gives_the_key_back() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let arguments = json!({"order_id": "ord_8821", "idempotency_key": "a-patient-key"});
    let busy = wire.call("be_busy_at_first", arguments.clone()).await;
    let error = busy.envelope()["error"].clone();
    assert_eq!(error["category"], "transient");
    assert_eq!(error["retryable"], true);
    assert_eq!(error["retry_after_ms"], 50);
    assert_eq!(fixture.effects().entries(), []);

    let other = json!({"order_id": "ord_9999", "idempotency_key": "a-patient-key"});
    let conflict = wire.call("be_busy_at_first", other).await;
    assert_eq!(conflict.error().1, "key_conflict", "the key still stands for what was asked");

    let done = wire.call("be_busy_at_first", arguments).await;
    assert_eq!(done.result()["refund_id"], "re_1");
    let keys: Vec<_> = fixture.attempts().entries().into_iter().map(|entry| entry.key).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1], "each attempt is given the same downstream key");
}

#[tokio::test]
async fn a_refusal_is_recorded_like_a_success() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let missing = json!({
        "order_id": "ord_missing", "amount_cents": 500, "reason": "late",
        "idempotency_key": "a-refused-key",
    });
    let first = wire.call("create_refund", missing.clone()).await;
    assert_eq!(first.error(), ("rejected".into(), "order_not_found".into()));
    assert!(first.text.contains("order ord_missing does not exist"), "it is marked public");
    let again = wire.call("create_refund", missing).await;
    assert_eq!(again.bytes(), first.bytes());
    assert!(again.is_replay());
}
