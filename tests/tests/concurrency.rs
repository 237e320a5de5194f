//! Many calls at once, over two server processes on one store: one effect.

use futures_util::future::join_all;
use guard_tests::{
    answer::Answer,
    crash::backing::Backing,
    fixture::Fixture,
    server::{Options, Transport},
    wire::{Version, Wire, every_way},
};
use serde_json::{Value, json};

async fn a_hundred_calls(wires: &[Wire], tool: &str, arguments: &Value) -> Vec<Answer> {
    let calls = (0..100).map(|n| wires[n % wires.len()].call(tool, arguments.clone()));
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
        let answers = a_hundred_calls(&wires, "create_refund", &arguments).await;

        one_acted(&fixture, &answers);
    }
}

/// One effect. Whoever is told a result is told the same, one of them for the first time; the others
/// are told to wait.
fn one_acted(fixture: &Fixture, answers: &[Answer]) {
    assert_eq!(fixture.effects().entries().len(), 1);
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

/// Three processes, on every store.
#[tokio::test(flavor = "multi_thread")]
async fn on_every_store_a_hundred_calls_with_one_key_act_once() {
    for backing in Backing::all() {
        let fixture = Fixture::new();
        let store = Some(backing.url(fixture.folder()));
        let options = Options { store, ..fixture.server(Transport::Stdio) };
        let open = || Wire::open(&options, Version::V2025November);
        let wires = [open().await, open().await, open().await];
        let arguments = json!({
            "order_id": "ord_8821", "amount_cents": 500, "reason": "late",
            "idempotency_key": "one-key-for-all",
        });
        let answers = a_hundred_calls(&wires, "create_refund", &arguments).await;
        one_acted(&fixture, &answers);
        for wire in &wires {
            let later = wire.call("create_refund", arguments.clone()).await;
            assert!(later.is_replay(), "{}: {later:?}", backing.name());
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
    let answers = a_hundred_calls(&wires, "slow_refund", &arguments).await;

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
