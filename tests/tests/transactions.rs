//! Tools whose effect is in the store's own transaction: on every store that has transactions. The
//! judge is a table that the tool writes to, read by a connection of the test's own.

use std::time::Duration;

use guard_tests::{
    answer::Answer,
    crash::backing::Transfers,
    moods::{How, Moment},
    on_every_store_with_transactions,
    server::engine::{Settings, agent},
    site::Site,
    wire::Wire,
};
use mcp_guard::Caller;
use serde_json::{Value, json};

on_every_store_with_transactions! {
    effect_and_record_are_committed_together,
    a_refusal_undoes_what_was_written_and_is_recorded,
    whatever_else_ends_the_body_undoes_all,
    a_second_call_is_told_that_the_first_is_under_way,
    a_status_does_not_deny_what_is_under_way,
    a_business_key_is_kept_in_the_transaction,
    a_budget_is_kept_in_the_transaction,
    two_servers_transfer_once,
}

const TOOL: &str = "move_money";

fn transfer(key: &str, order_id: &str, amount_cents: u64) -> Value {
    json!({
        "order_id": order_id, "purpose": "rent", "amount_cents": amount_cents,
        "idempotency_key": key,
    })
}

fn code(answer: &Answer) -> String {
    answer.error().1
}

/// How often money was moved for an order.
async fn moved(transfers: &mut Transfers, order_id: &str) -> usize {
    transfers.of(order_id).await.len()
}

async fn effect_and_record_are_committed_together(site: &Site) {
    let bench = site.bench().await;
    let mut transfers = Transfers::open(&site.url()).await;
    let wire = bench.wire(&Settings::default()).await;
    let first = wire.call(TOOL, transfer("the-first-key", "ord_1", 500)).await;
    assert_eq!(first.result(), json!({"order_id": "ord_1", "amount_cents": 500}));
    assert_eq!(moved(&mut transfers, "ord_1").await, 1);
    let again = wire.call(TOOL, transfer("the-first-key", "ord_1", 500)).await;
    assert!(again.is_replay());
    assert_eq!(again.bytes(), first.bytes());
    let conflict = wire.call(TOOL, transfer("the-first-key", "ord_1", 501)).await;
    assert_eq!(code(&conflict), "key_conflict");
    assert_eq!(moved(&mut transfers, "ord_1").await, 1);
    assert_eq!(site.attempts().entries().len(), 1, "a replay runs no body");
}

async fn a_refusal_undoes_what_was_written_and_is_recorded(site: &Site) {
    let bench = site.bench().await;
    let mut transfers = Transfers::open(&site.url()).await;
    let wire = bench.wire(&Settings::default()).await;
    site.moods().set("ord_1", Moment::Landed, How::Refuse);
    let refused = wire.call(TOOL, transfer("the-first-key", "ord_1", 500)).await;
    assert_eq!(refused.category(), "rejected");
    assert_eq!(moved(&mut transfers, "ord_1").await, 0);
    site.moods().clear("ord_1");
    let again = wire.call(TOOL, transfer("the-first-key", "ord_1", 500)).await;
    assert!(again.is_replay());
    assert_eq!(again.bytes(), refused.bytes());
    let _ = wire.call(TOOL, transfer("another-key", "ord_1", 400)).await.result();
    assert_eq!(moved(&mut transfers, "ord_1").await, 1, "the business key is free");
}

async fn whatever_else_ends_the_body_undoes_all(site: &Site) {
    let bench = site.bench().await;
    let mut transfers = Transfers::open(&site.url()).await;
    let hasty = Settings { timeout: Some(Duration::from_millis(250)), ..Settings::default() };
    let wire = bench.wire(&hasty).await;
    let ways = [
        (How::Busy, "transient"),
        (How::NoAnswer, "transient"),
        (How::Hang, "transient"),
        (How::Panic, "internal"),
        (How::Break, "internal"),
    ];
    for (number, (how, category)) in ways.into_iter().enumerate() {
        let (order_id, key) = (format!("ord_{number}"), format!("the-first-key-{number}"));
        site.moods().set(&order_id, Moment::Landed, how);
        let told = wire.call(TOOL, transfer(&key, &order_id, 100)).await;
        assert_eq!(told.category(), category, "{how:?}: {told:?}");
        assert_eq!(moved(&mut transfers, &order_id).await, 0, "{how:?}");
        let status = json!({"tool": TOOL, "idempotency_key": &key});
        let status = wire.call("operation_status", status).await.result();
        assert_eq!(status["operation"], "none", "the claim is undone as well: {how:?}");
        site.moods().clear(&order_id);
        // Not even the key remembers what was asked.
        let done = wire.call(TOOL, transfer(&key, &order_id, 101)).await;
        assert!(!done.is_replay());
        assert_eq!(done.result()["amount_cents"], 101, "{how:?}");
        assert_eq!(moved(&mut transfers, &order_id).await, 1, "{how:?}");
    }
}

async fn a_second_call_is_told_that_the_first_is_under_way(site: &Site) {
    let bench = site.bench().await;
    let mut transfers = Transfers::open(&site.url()).await;
    let [wire, other] =
        [bench.wire(&Settings::default()).await, bench.wire(&Settings::default()).await];
    site.moods().set("ord_1", Moment::Landed, How::Hold);
    let meanwhile = async {
        site.moods().holds("ord_1").await;
        assert_eq!(moved(&mut transfers, "ord_1").await, 0, "nothing is seen before the commit");
        for key in ["the-first-key", "another-key"] {
            let began = std::time::Instant::now();
            let told = other.call(TOOL, transfer(key, "ord_1", 500)).await;
            assert_eq!(told.error(), ("idempotent".into(), "in_flight".into()), "{key}");
            assert!(began.elapsed() < Duration::from_secs(3), "it does not wait in line");
        }
        site.moods().clear("ord_1");
    };
    let call = wire.call(TOOL, transfer("the-first-key", "ord_1", 500));
    let (first, ()) = tokio::join!(call, meanwhile);
    let _ = first.result();
    let again = other.call(TOOL, transfer("the-first-key", "ord_1", 500)).await;
    assert_eq!(again.bytes(), first.bytes());
    assert_eq!(moved(&mut transfers, "ord_1").await, 1);
}

/// An agent that gave up waiting asks, and must not begin anew: nothing is committed before the end.
async fn a_status_does_not_deny_what_is_under_way(site: &Site) {
    let bench = site.bench().await;
    let mut transfers = Transfers::open(&site.url()).await;
    let wire = bench.wire(&Settings::default()).await;
    let same_store = bench.wire(&Settings::default()).await;
    let another_store = Wire::within(site.operator(&Settings::default()).await).await;
    let status = async |wire: &Wire, key: &str| {
        let asked = json!({"tool": TOOL, "idempotency_key": key});
        wire.call("operation_status", asked).await.result()
    };
    site.moods().set("ord_1", Moment::Landed, How::Hold);
    let meanwhile = async {
        site.moods().holds("ord_1").await;
        let told = status(&same_store, "the-first-key").await;
        assert_eq!(told["operation"], "under_way", "{told}");
        let told = status(&another_store, "the-first-key").await;
        if site.url().starts_with("sqlite:") {
            // A file does not show what another process has not committed, and nobody says that it does.
            assert_eq!(told["operation"], "none", "{told}");
            let advice = told["next_action"].as_str().expect("advice");
            for part in ["may still be carried out", "same idempotency_key", "do not use a new one"]
            {
                assert!(advice.contains(part), "{advice}");
            }
        } else {
            assert_eq!(told["operation"], "under_way", "{told}");
        }
        assert_eq!(status(&same_store, "another-key").await["operation"], "none");
        site.moods().clear("ord_1");
    };
    let call = wire.call(TOOL, transfer("the-first-key", "ord_1", 500));
    let (first, ()) = tokio::join!(call, meanwhile);
    let _ = first.result();
    assert_eq!(status(&same_store, "the-first-key").await["operation"], "done");
    assert_eq!(moved(&mut transfers, "ord_1").await, 1);
}

async fn a_business_key_is_kept_in_the_transaction(site: &Site) {
    let bench = site.bench().await;
    let mut transfers = Transfers::open(&site.url()).await;
    let wire = bench.wire(&Settings::default()).await;
    let colleague = Caller::local("colleague").with_tenant("acme");
    let theirs = bench.wire_for(colleague, &Settings::default()).await;
    let first = wire.call(TOOL, transfer("the-first-key", "ord_1", 500)).await;
    let duplicate = wire.call(TOOL, transfer("another-key", "ord_1", 500)).await;
    assert_eq!(duplicate.bytes(), first.bytes());
    assert!(duplicate.message()["result"]["_meta"]["mcp-guard/duplicate_of"].is_string());
    let conflict = wire.call(TOOL, transfer("a-third-key", "ord_1", 501)).await;
    assert_eq!(code(&conflict), "key_conflict");
    let foreign = theirs.call(TOOL, transfer("the-first-key", "ord_1", 500)).await;
    assert_eq!(code(&foreign), "already_done");
    assert_eq!(moved(&mut transfers, "ord_1").await, 1);
}

async fn a_budget_is_kept_in_the_transaction(site: &Site) {
    let bench = site.bench().await;
    let mut transfers = Transfers::open(&site.url()).await;
    let wire = bench.wire(&Settings::default()).await;
    let spend = async |wire: &Wire, key: &str, amount: u64| {
        let answer = wire.call(TOOL, transfer(key, &format!("ord-of-{key}"), amount)).await;
        if answer.envelope()["status"] != "ok" {
            assert_eq!(code(&answer), "budget_exceeded", "{answer:?}");
        }
        answer.envelope()["status"] == "ok"
    };
    assert!(spend(&wire, "the-first-key", 600).await);
    assert!(!spend(&wire, "the-second-key", 401).await);
    assert_eq!(moved(&mut transfers, "ord-of-the-second-key").await, 0);
    for (how, key) in [(How::Refuse, "a-refused-key"), (How::Busy, "a-busy-key")] {
        let order_id = format!("ord-of-{key}");
        site.moods().set(&order_id, Moment::Landed, how);
        let failed = wire.call(TOOL, transfer(key, &order_id, 400)).await;
        assert!(["rejected", "transient"].contains(&failed.category().as_str()));
        site.moods().clear(&order_id);
    }
    assert!(spend(&wire, "the-third-key", 400).await, "what failed has given it back");
    assert!(!spend(&wire, "one-more-cent", 1).await);
    assert!(spend(&wire, "the-first-key", 600).await, "a replay is not budgeted");
    bench.advance(Duration::from_secs(3_600));
    assert!(spend(&wire, "the-second-key", 401).await, "the refused key was not spent");
}

async fn two_servers_transfer_once(site: &Site) {
    let servers = [site.serve(&Settings::default()).await, site.serve(&Settings::default()).await];
    let mut transfers = Transfers::open(&site.url()).await;
    let wires = [servers[0].caller(&agent()).await, servers[1].caller(&agent()).await];
    let calls = (0..20).map(|number| {
        let key = format!("key-number-{}", number % 4);
        wires[number % 2].call(TOOL, transfer(&key, "ord_1", 500))
    });
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(moved(&mut transfers, "ord_1").await, 1);
    let (done, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.envelope()["status"] == "ok");
    assert!(!done.is_empty());
    assert!(done.iter().all(|answer| answer.bytes() == done[0].bytes()));
    assert_eq!(done.iter().filter(|answer| !answer.is_replay()).count(), 1);
    for answer in refused {
        // A file has one writer: who waits for too long for another server's is told so.
        let told = code(answer);
        assert!(["in_flight", "store_unavailable"].contains(&told.as_str()), "{answer:?}");
    }
}
