//! Many calls at once, over two server processes on one store: one effect.

use futures_util::future::join_all;
use guard_tests::{
    answer::Answer,
    fixture::Fixture,
    server::Transport,
    wire::{Version, Wire, every_way},
};
use serde_json::{Value, json};

async fn fifty_calls_through_each(wires: &[Wire; 2], tool: &str, arguments: &Value) -> Vec<Answer> {
    let calls = (0..100).map(|n| wires[n % 2].call(tool, arguments.clone()));
    join_all(calls).await
}

async fn two_servers(fixture: &Fixture, transport: Transport, version: Version) -> [Wire; 2] {
    let options = fixture.server(transport);
    [Wire::open(&options, version).await, Wire::open(&options, version).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_calls_with_one_key_act_once() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let wires = two_servers(&fixture, transport, version).await;
        let arguments = json!({
            "order_id": "ord_8821", "amount_cents": 500, "reason": "late",
            "idempotency_key": "one-key-for-all",
        });
        let answers = fifty_calls_through_each(&wires, "create_refund", &arguments).await;

        assert_eq!(fixture.effects().entries().len(), 1, "{transport:?} {version:?}");
        let (done, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.envelope()["status"] == "ok");
        assert!(!done.is_empty(), "nobody was told the result");
        for answer in &done {
            assert_eq!(answer.bytes(), done[0].bytes(), "every success is the same answer");
        }
        assert_eq!(done.iter().filter(|answer| !answer.is_replay()).count(), 1, "one acted");
        for answer in refused {
            assert_eq!(answer.error(), ("idempotent".into(), "in_flight".into()), "{answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_are_told_the_result() {
    let fixture = Fixture::new();
    let wires = two_servers(&fixture, Transport::Stdio, Version::V2025November).await;
    let arguments = json!({
        "order_id": "ord_8821", "amount_cents": 500, "millis": 300,
        "idempotency_key": "one-key-for-all",
    });
    let answers = fifty_calls_through_each(&wires, "slow_refund", &arguments).await;

    assert_eq!(fixture.effects().entries().len(), 1);
    assert_eq!(fixture.attempts().entries().len(), 1, "one body ran");
    for answer in &answers {
        assert_eq!(answer.result()["refund_id"], "re_1", "{answer:?}");
        assert_eq!(answer.bytes(), answers[0].bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_keys_act_a_hundred_times() {
    let fixture = Fixture::new();
    let wires = two_servers(&fixture, Transport::Stdio, Version::V2026July).await;
    let calls = (0..100).map(|n| {
        let arguments = json!({
            "order_id": "ord_8821", "amount_cents": 500, "reason": "late",
            "idempotency_key": format!("key-number-{n}"),
        });
        wires[n % 2].call("create_refund", arguments)
    });
    let answers = join_all(calls).await;
    let refunds: std::collections::BTreeSet<_> =
        answers.iter().map(|answer| answer.result()["refund_id"].to_string()).collect();
    assert_eq!(refunds.len(), 100, "each call was told of its own refund");
    assert_eq!(fixture.effects().entries().len(), 100);
}
