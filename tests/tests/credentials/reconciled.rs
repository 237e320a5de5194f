//! What became of a call is asked with a credential as well.

use std::time::Duration;

use guard_tests::credentials::{
    ALICE, Authority, BOB, Manners, Mood, Stage, client, exchange, refund,
};

const SOON: Duration = Duration::from_millis(20);

#[tokio::test]
async fn the_servers_own_account_finds_out_in_the_background() {
    let authority = Authority::start().await;
    let stage = Stage::set(client(&authority), |builder| builder.reconcile_every(SOON)).await;
    let alice = stage.bearer(ALICE).await;
    stage.backend.is(Manners::Forgets);
    let arguments = refund("a-good-key", "ord_1", 5);
    let lost = alice.call("reconciled_refund", arguments.clone()).await;
    assert_eq!(lost.category(), "unknown");
    while stage.looked().is_empty() {
        tokio::time::sleep(SOON).await;
    }
    stage.backend.is(Manners::Acts);
    let looked = stage.looked().len();
    while stage.looked().len() < looked + 2 && status(&stage).await == "unknown" {
        tokio::time::sleep(SOON).await;
    }
    let found = alice.call("reconciled_refund", arguments).await;
    assert!(found.is_replay(), "{found:?}");
    assert_eq!(found.result()["refund_id"], "re_1");
    assert_eq!(stage.effects().entries().len(), 1);
    assert!(stage.looked().iter().all(|token| token == "CANARY-issued-1"));
    assert_eq!(authority.asked().len(), 1);
}

async fn status(stage: &Stage) -> String {
    let alice = stage.bearer(ALICE).await;
    let asked = serde_json::json!({"tool": "reconciled_refund", "idempotency_key": "a-good-key"});
    alice.call("operation_status", asked).await.result()["status"]
        .as_str()
        .unwrap_or_default()
        .into()
}

/// In the background nobody has sent a token.
#[tokio::test]
async fn a_callers_own_is_found_out_on_their_next_call_alone() {
    let authority = Authority::start().await;
    let stage = Stage::set(exchange(&authority), |builder| builder.reconcile_every(SOON)).await;
    let alice = stage.bearer(ALICE).await;
    stage.backend.is(Manners::Forgets);
    let arguments = refund("a-good-key", "ord_1", 5);
    let lost = alice.call("reconciled_refund", arguments.clone()).await;
    assert_eq!(lost.category(), "unknown");
    stage.backend.is(Manners::Acts);
    tokio::time::sleep(SOON * 20).await;
    assert_eq!(stage.looked(), [""; 0]);
    // Another caller's call with the same key is another operation.
    let bob = stage.bearer(BOB).await;
    let _ = bob.call("reconciled_refund", arguments.clone()).await.result();
    assert_eq!(stage.looked(), [""; 0]);
    let found = alice.call("reconciled_refund", arguments).await;
    assert_eq!(found.result()["refund_id"], "re_1");
    assert_eq!(stage.looked(), ["CANARY-issued-1"]);
    assert_eq!(stage.effects().entries().len(), 2);
}

#[tokio::test]
async fn without_a_credential_it_stays_unknown() {
    let authority = Authority::start().await;
    authority.is(Mood::Grants(serde_json::json!({"expires_in": null})));
    let stage = Stage::with(client(&authority)).await;
    let alice = stage.bearer(ALICE).await;
    stage.backend.is(Manners::Forgets);
    let arguments = refund("a-good-key", "ord_1", 5);
    let lost = alice.call("reconciled_refund", arguments.clone()).await;
    assert_eq!(lost.category(), "unknown");
    stage.backend.is(Manners::Acts);
    for mood in [Mood::Refuses(400, "invalid_scope"), Mood::Says(503, String::new())] {
        authority.is(mood);
        let still = alice.call("reconciled_refund", arguments.clone()).await;
        assert_eq!(still.error(), ("unknown".into(), "outcome_unknown".into()));
    }
    authority.is(Mood::good());
    let found = alice.call("reconciled_refund", arguments).await;
    assert_eq!(found.result()["refund_id"], "re_1");
    assert_eq!(stage.effects().entries().len(), 1);
}
