//! A server that dies between the effect and its record.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use guard_tests::{
    answer::Answer,
    crash::{
        backing::Backing,
        campaign::{self, Plan},
        chain::{Chain, ask, said},
        point::{Moment, Point, Step},
    },
    fixture::Fixture,
    server::Transport,
    wire::{Version, Wire},
};
use mcp_guard::store;
use serde_json::{Value, json};

fn arguments() -> Value {
    json!({"order_id": "ord_8821", "idempotency_key": "a-key-that-survives"})
}

/// Calls the tool, kills its server as soon as the effect is in the ledger, and starts another.
async fn kill_after_the_effect(fixture: &Fixture, transport: Transport, tool: &str) -> Wire {
    let options = fixture.server(transport);
    let doomed = Wire::open(&options, Version::V2025November).await;
    {
        let call = doomed.call(tool, arguments());
        tokio::pin!(call);
        tokio::select! {
            answer = &mut call => panic!("it hangs: {answer:?}"),
            () = async { fixture.effects().reaches(1).await } => {}
        }
    }
    doomed.process().kill().await;
    Wire::open(&options, Version::V2025November).await
}

/// Calls until the dead server's lease has run out. Until then the answer is `in_flight`.
async fn once_the_lease_is_over(wire: &Wire, tool: &str) -> Answer {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = wire.call(tool, arguments()).await;
        let envelope = answer.envelope();
        if envelope["error"]["code"] != "in_flight" {
            return answer;
        }
        assert_eq!(envelope["error"]["retryable"], true, "{answer:?}");
        assert!(Instant::now() < patience, "the lease never ran out: {answer:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn after_a_kill_the_outcome_is_unknown_and_nothing_is_done_again() {
    for transport in [Transport::Stdio, Transport::Http] {
        let fixture = Fixture::new();
        let wire = kill_after_the_effect(&fixture, transport, "hang_after_acting").await;
        for _ in 0..3 {
            let answer = once_the_lease_is_over(&wire, "hang_after_acting").await;
            let error = &answer.envelope()["error"];
            assert_eq!(error["category"], "unknown", "{answer:?}");
            assert_eq!(error["retryable"], false);
            assert_eq!(error["safe_new_key"], false);
            assert_eq!(fixture.effects().entries().len(), 1, "{transport:?}");
        }
    }
}

#[tokio::test]
async fn after_a_kill_a_deduplicating_backend_is_asked_again() {
    for transport in [Transport::Stdio, Transport::Http] {
        let fixture = Fixture::new();
        let wire = kill_after_the_effect(&fixture, transport, "hang_after_acting_once").await;
        let answer = once_the_lease_is_over(&wire, "hang_after_acting_once").await;
        assert_eq!(answer.result()["refund_id"], "re_1", "{transport:?}: {answer:?}");
        let again = wire.call("hang_after_acting_once", arguments()).await;
        assert_eq!(again.bytes(), answer.bytes());
        assert_eq!(fixture.effects().entries().len(), 1);
    }
}

#[tokio::test]
async fn a_running_owner_keeps_its_lease_for_longer_than_it_lasts() {
    let fixture = Fixture::new();
    let options = fixture.server(Transport::Stdio);
    let owner = Wire::open(&options, Version::V2025November).await;
    let other = Wire::open(&options, Version::V2025November).await;
    let call = owner.call("hang_after_acting", arguments());
    let watch = async {
        fixture.effects().reaches(1).await;
        // The lease is one second. The owner lives, so its claim must stand.
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            let answer = other.call("hang_after_acting", arguments()).await;
            assert_eq!(answer.error(), ("idempotent".into(), "in_flight".into()), "{answer:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::select! {
        answer = call => panic!("it hangs: {answer:?}"),
        () = watch => {}
    }
    assert_eq!(fixture.effects().entries().len(), 1);
}

/// A few deaths at every point, on every store. The program `crash` dies by the thousand, and has a
/// second to recover; here, others work on the same processors.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_server_dies_of_there_is_one_effect_and_every_record_is_sound() {
    let recovery = Duration::from_secs(20);
    let plan = Plan { rounds: 4, only: None, at_once: 8, recovery };
    for backing in Backing::all() {
        let points = if backing.has_transactions() { 37 } else { 21 };
        let table = campaign::run(&Arc::new(backing), &plan).await;
        assert!(table.faults().is_empty(), "{table}{:#?}", table.faults());
        assert_eq!(table.rounds(), points * plan.rounds, "every point was come to");
    }
}

/// Nobody calls again. The guard that is left finds out by itself, by the tool's own function.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_asks_about_is_found_out_in_the_background() {
    const TOOL: &str = "act_and_be_looked_after";
    let every = Some(Duration::from_millis(100));
    for backing in Backing::all() {
        for (moment, landed) in [(Moment::During, false), (Moment::After, true)] {
            let (transport, version) = (Transport::Stdio, Version::V2025November);
            let mut chain = Chain::open_looked_after(&backing, transport, version, every).await;
            let order = format!("ord_{landed}");
            let call = |purpose: &str, key: &str| {
                json!({
                    "order_id": order, "purpose": purpose, "amount_cents": 600,
                    "pauses": {"before": 0, "after": 0},
                    "idempotency_key": format!("{key}-{order}"),
                })
            };
            let first = call("first", "the-key");
            let died = chain.die(Point::new(Step::Effect, moment), TOOL, &first).await;
            assert_eq!(died.map(|answer| answer.is_some()), Ok(false));
            chain.restart().await;
            is_found_out(&chain).await;
            assert_eq!(chain.fixture().attempts().entries().len(), 1, "no body ran for that");

            let other = ask(chain.server(), TOOL, &call("other", "other-key")).await;
            let other = other.expect("an answer").envelope()["status"] == "ok";
            assert_eq!(other, !landed, "{}: its budget is free, or spent", backing.name());
            if landed {
                let replay = ask(chain.server(), TOOL, &first).await.expect("an answer");
                assert!(replay.is_replay(), "{}: {}", backing.name(), said(&replay));
            }
            assert_eq!(chain.fixture().effects().entries().len(), 1, "{}", backing.name());
        }
    }
}

/// Waits until the dead server's operation is known to be unknown, and then no longer.
async fn is_found_out(chain: &Chain) {
    let store = store::open(&chain.store_url()).await.expect("a store");
    let patience = Instant::now() + Duration::from_secs(10);
    tokio::time::sleep(guard_tests::server::doomed::LEASE).await;
    while !store.unresolved(None, 1).await.expect("the store answers").is_empty() {
        assert!(Instant::now() < patience, "nobody found out");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
