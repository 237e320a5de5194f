//! A server that dies between the effect and its record.

use std::time::{Duration, Instant};

use guard_tests::{
    answer::Answer,
    fixture::Fixture,
    server::Transport,
    wire::{Version, Wire},
};
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
