//! A server that is told to end while a body runs: the effect is recorded first.

use std::time::{Duration, Instant};

use guard_tests::{
    fixture::Fixture,
    server::{Options, Transport},
    wire::{Version, Wire},
};
use serde_json::{Value, json};

/// `rmcp` alone waits five seconds for a running call. This one takes longer.
const LONG: u32 = 7_000;
const SHORT: u32 = 800;

fn refund(millis: u32) -> Value {
    json!({
        "order_id": "ord_8821", "amount_cents": 500, "millis": millis,
        "idempotency_key": "a-key-that-is-drained",
    })
}

/// Whether the effect was recorded, as a new server process sees it.
async fn is_recorded(fixture: &Fixture, millis: u32) -> bool {
    let later = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let replay = later.call("slow_refund", refund(millis)).await;
    replay.result()["refund_id"] == "re_1" && replay.is_replay()
}

async fn end_the_input(version: Version, composed: bool) {
    let fixture = Fixture::new();
    let server = Options { composed, ..fixture.server(Transport::Stdio) };
    let wire = Wire::open(&server, version).await;
    let (answer, ()) = tokio::join!(wire.call("slow_refund", refund(LONG)), async {
        fixture.attempts().reaches(1).await;
        wire.close_input().await;
    });
    assert!(!answer.is_missing(), "{version:?}: {}", wire.process().log());
    assert_eq!(answer.result()["refund_id"], "re_1", "{version:?}");
    assert!(wire.process().ended().await.success(), "{}", wire.process().log());
    assert!(is_recorded(&fixture, LONG).await);
    assert_eq!(fixture.effects().entries().len(), 1);
}

#[tokio::test]
async fn when_the_input_ends_the_running_call_is_answered_and_recorded() {
    tokio::join!(
        end_the_input(Version::V2025November, false),
        end_the_input(Version::V2026July, false),
        end_the_input(Version::V2026July, true),
    );
}

/// The call is still on its way in when the input ends.
#[tokio::test]
async fn a_call_that_was_sent_last_is_answered() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let (answer, ()) = tokio::join!(wire.call("slow_refund", refund(LONG)), async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        wire.close_input().await;
    });
    assert_eq!(answer.result()["refund_id"], "re_1", "{}", wire.process().log());
    assert!(wire.process().ended().await.success());
}

#[tokio::test]
async fn when_told_to_end_the_running_call_is_recorded() {
    for transport in [Transport::Stdio, Transport::Http] {
        let fixture = Fixture::new();
        let wire = Wire::open(&fixture.server(transport), Version::V2025November).await;
        // The client goes on waiting, or it would be the one who hung up.
        let (_, ()) = tokio::join!(wire.call("slow_refund", refund(SHORT)), async {
            fixture.attempts().reaches(1).await;
            wire.process().terminate();
        });
        assert!(wire.process().ended().await.success(), "{transport:?}: {}", wire.process().log());
        assert!(is_recorded(&fixture, SHORT).await, "{transport:?}");
        assert_eq!(fixture.effects().entries().len(), 1);
    }
}

/// In a server of one's own, which waits for connections and then, as it is told to, for the guard.
#[tokio::test]
async fn a_call_whose_client_hung_up_is_recorded_by_a_server_of_ones_own() {
    let fixture = Fixture::new();
    let server = Options { composed: true, ..fixture.server(Transport::Http) };
    let (wire, attempts) = (Wire::open(&server, Version::V2026July).await, fixture.attempts());
    tokio::select! {
        answer = wire.call("slow_refund", refund(SHORT)) => panic!("nobody hung up: {answer:?}"),
        () = attempts.reaches(1) => {}
    }
    wire.process().terminate();
    assert!(wire.process().ended().await.success(), "{}", wire.process().log());
    assert!(is_recorded(&fixture, SHORT).await);
    assert_eq!(fixture.effects().entries().len(), 1);
}

#[tokio::test]
async fn an_idle_server_ends_at_once() {
    for transport in [Transport::Stdio, Transport::Http] {
        let fixture = Fixture::new();
        let wire = Wire::open(&fixture.server(transport), Version::V2025November).await;
        let told = Instant::now();
        wire.process().terminate();
        assert!(wire.process().ended().await.success(), "{transport:?}");
        assert!(told.elapsed() < Duration::from_secs(3), "{transport:?}: {:?}", told.elapsed());
    }
}
