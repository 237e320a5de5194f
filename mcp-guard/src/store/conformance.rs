//! What a [`Store`] promises, as tests: one public function for each promise, which every store
//! runs, ours and other people's.
//!
//! Each takes the store, and a way to move the store's clock, and panics where the promise is
//! broken. [`all`] runs them on one store.
#![expect(clippy::missing_panics_doc, reason = "to panic is how a test fails")]

use std::{sync::Arc, time::Duration};

use super::{
    Claim, Claimed, Fenced, Fingerprint, Lease, OperationId, Retention, Settlement, Standing,
    Store, StoreError, StoredReply,
};
use crate::clock::ManualClock;

/// How long the tests' leases stand.
const LEASE: Duration = Duration::from_secs(60);
/// How long the tests' answers are kept.
const RETENTION: Retention =
    Retention { retain: Duration::from_secs(3600), tombstone: Duration::from_secs(7200) };

/// Runs every test.
pub async fn all<S: Store>(store: Arc<S>, clock: &ManualClock) {
    one_winner(Arc::clone(&store)).await;
    own_claim_is_granted_again(&*store).await;
    recorded_answer_is_replayed_byte_for_byte(&*store).await;
    other_arguments_conflict(&*store).await;
    released_key_can_be_claimed_by_the_same_arguments(&*store).await;
    lease_that_ran_out_is_unknown(&*store, clock).await;
    renewed_lease_stands(&*store, clock).await;
    unknown_can_be_retaken_where_the_tool_says_so(&*store, clock).await;
    late_owner_turns_unknown_into_fact(&*store, clock).await;
    late_owner_never_touches_a_successor(&*store, clock).await;
    settlement_can_be_repeated_and_not_changed(&*store).await;
    answer_expires_then_key_is_spent_then_forgotten(&*store, clock).await;
    unknown_is_never_forgotten(&*store, clock).await;
    secret_is_always_the_same(&*store).await;
}

/// Of concurrent claims of one operation, one is granted.
pub async fn one_winner<S: Store>(store: Arc<S>) {
    let operation = fresh();
    let claims = (0..50).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.claim(&claim(operation, 1)).await.expect("claim") })
    });
    let mut granted = 0;
    for claimed in claims.collect::<Vec<_>>() {
        match claimed.await.expect("task") {
            Claimed::Granted(_) => granted += 1,
            Claimed::Stands(standing) => {
                assert!(matches!(standing, Standing::InFlight(rest) if rest <= LEASE));
            }
        }
    }
    assert_eq!(granted, 1, "claims granted");
}

/// A claim whose acknowledgement was lost is granted again to its owner.
pub async fn own_claim_is_granted_again(store: &dyn Store) {
    let claim = claim(fresh(), 1);
    let first = granted(store, &claim).await;
    assert_eq!(granted(store, &claim).await, first);
}

/// A recorded answer is given back byte for byte, to a claim and to a look.
pub async fn recorded_answer_is_replayed_byte_for_byte(store: &dyn Store) {
    let operation = fresh();
    assert_eq!(recall(store, operation).await, None);
    let lease = granted(store, &claim(operation, 1)).await;
    let odd = StoredReply { body: "{\"é\":\"\\u0000 \u{202e}\"} ".into(), is_error: true };
    settle(store, &lease, &recorded(odd.clone())).await;
    for standing in [stands(store, &claim(operation, 1)).await, recall(store, operation).await] {
        let Some(Standing::Recorded(recorded)) = standing else {
            panic!("expected the answer, found {standing:?}");
        };
        assert_eq!(recorded.reply, odd);
    }
}

/// A key that was used for other arguments is refused, however its operation stands.
pub async fn other_arguments_conflict(store: &dyn Store) {
    for settlement in [None, Some(Settlement::Unknown), Some(released()), Some(recorded(reply()))] {
        let operation = fresh();
        let lease = granted(store, &claim(operation, 1)).await;
        if let Some(settlement) = &settlement {
            settle(store, &lease, settlement).await;
        }
        let standing = stands(store, &claim(operation, 2)).await;
        assert_eq!(standing, Some(Standing::Conflict), "after {settlement:?}");
    }
}

/// A released key is free, for the same arguments, under a new epoch.
pub async fn released_key_can_be_claimed_by_the_same_arguments(store: &dyn Store) {
    let operation = fresh();
    let first = granted(store, &claim(operation, 1)).await;
    settle(store, &first, &released()).await;
    assert_eq!(recall(store, operation).await, None);
    let second = granted(store, &claim(operation, 1)).await;
    assert!(second.epoch > first.epoch);
}

/// A claim whose owner is gone is unknown, not free.
pub async fn lease_that_ran_out_is_unknown(store: &dyn Store, clock: &ManualClock) {
    let operation = fresh();
    granted(store, &claim(operation, 1)).await;
    clock.advance(LEASE + Duration::from_millis(1));
    assert_eq!(recall(store, operation).await, Some(Standing::Unknown));
    assert_eq!(stands(store, &claim(operation, 1)).await, Some(Standing::Unknown));
    assert_eq!(stands(store, &claim(operation, 1)).await, Some(Standing::Unknown));
}

/// A renewed lease does not run out.
pub async fn renewed_lease_stands(store: &dyn Store, clock: &ManualClock) {
    let operation = fresh();
    let lease = granted(store, &claim(operation, 1)).await;
    for _ in 0..4 {
        clock.advance(LEASE / 2);
        assert_eq!(store.renew(&lease).await, Ok(Fenced::Applied));
    }
    assert!(matches!(recall(store, operation).await, Some(Standing::InFlight(_))));
}

/// Where the backend deduplicates, an unknown operation is carried out again; a live one is not.
pub async fn unknown_can_be_retaken_where_the_tool_says_so(store: &dyn Store, clock: &ManualClock) {
    let operation = fresh();
    let first = granted(store, &claim(operation, 1)).await;
    let again = claim(operation, 1).with_retake(true);
    assert!(matches!(stands(store, &again).await, Some(Standing::InFlight(_))));
    clock.advance(LEASE + Duration::from_millis(1));
    let second = granted(store, &again).await;
    assert!(second.epoch > first.epoch);
    let other = claim(operation, 2).with_retake(true);
    assert_eq!(stands(store, &other).await, Some(Standing::Conflict));
}

/// The owner of an unknown operation may still say what became of it.
pub async fn late_owner_turns_unknown_into_fact(store: &dyn Store, clock: &ManualClock) {
    let operation = fresh();
    let lease = granted(store, &claim(operation, 1)).await;
    clock.advance(LEASE + Duration::from_millis(1));
    assert_eq!(stands(store, &claim(operation, 1)).await, Some(Standing::Unknown));
    settle(store, &lease, &recorded(reply())).await;
    assert!(matches!(recall(store, operation).await, Some(Standing::Recorded(_))));
}

/// An owner whose operation was taken over writes nothing any more.
pub async fn late_owner_never_touches_a_successor(store: &dyn Store, clock: &ManualClock) {
    let operation = fresh();
    let late = granted(store, &claim(operation, 1)).await;
    clock.advance(LEASE + Duration::from_millis(1));
    let successor = granted(store, &claim(operation, 1).with_retake(true)).await;
    for settlement in [released(), Settlement::Unknown, recorded(reply())] {
        assert_eq!(store.settle(&late, &settlement).await, Ok(Fenced::Superseded));
    }
    assert_eq!(store.renew(&late).await, Ok(Fenced::Superseded));
    let forged = Lease { epoch: successor.epoch, ..late };
    assert_eq!(store.settle(&forged, &released()).await, Ok(Fenced::Superseded));
    settle(store, &successor, &recorded(reply())).await;
}

/// A settlement whose acknowledgement was lost is applied again; a different one is not.
pub async fn settlement_can_be_repeated_and_not_changed(store: &dyn Store) {
    let lease = granted(store, &claim(fresh(), 1)).await;
    settle(store, &lease, &recorded(reply())).await;
    settle(store, &lease, &recorded(reply())).await;
    assert_eq!(store.settle(&lease, &released()).await, Ok(Fenced::Superseded));
    let other = StoredReply { body: "{}".into(), is_error: false };
    assert_eq!(store.settle(&lease, &recorded(other)).await, Ok(Fenced::Superseded));
    let never = Lease { operation: fresh(), ..lease };
    assert_eq!(store.settle(&never, &released()).await, Ok(Fenced::Superseded));
}

/// An answer is kept for its time, its key is spent for longer, and then both are forgotten.
pub async fn answer_expires_then_key_is_spent_then_forgotten(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let operation = fresh();
    let lease = granted(store, &claim(operation, 1)).await;
    settle(store, &lease, &recorded(reply())).await;
    clock.advance(RETENTION.retain);
    assert_eq!(stands(store, &claim(operation, 1)).await, Some(Standing::Expired));
    clock.advance(RETENTION.tombstone);
    let again = granted(store, &claim(operation, 2)).await;
    assert_eq!(store.settle(&lease, &released()).await, Ok(Fenced::Superseded));
    settle(store, &again, &recorded(reply())).await;
}

/// Time alone never frees an unknown operation.
pub async fn unknown_is_never_forgotten(store: &dyn Store, clock: &ManualClock) {
    let operation = fresh();
    let lease = granted(store, &claim(operation, 1)).await;
    settle(store, &lease, &Settlement::Unknown).await;
    clock.advance(Duration::from_secs(10 * 365 * 24 * 3600));
    assert_eq!(stands(store, &claim(operation, 1)).await, Some(Standing::Unknown));
}

/// The deployment's secret does not change.
pub async fn secret_is_always_the_same(store: &dyn Store) {
    let first = store.secret().await.expect("secret");
    let second = store.secret().await.expect("secret");
    assert!(first.expose() == second.expose() && *first.expose() != [0; 32]);
}

fn fresh() -> OperationId {
    let (one, two) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(one.as_bytes());
    bytes[16..].copy_from_slice(two.as_bytes());
    OperationId::from_bytes(bytes)
}

fn claim(operation: OperationId, arguments: u8) -> Claim {
    Claim::new(operation, Fingerprint::from_bytes([arguments; 32]), "conformance", LEASE)
}

fn reply() -> StoredReply {
    StoredReply { body: r#"{"status":"ok","result":1}"#.into(), is_error: false }
}

fn recorded(reply: StoredReply) -> Settlement {
    Settlement::Recorded { reply, retention: RETENTION }
}

fn released() -> Settlement {
    Settlement::Released { retention: RETENTION }
}

async fn granted(store: &dyn Store, claim: &Claim) -> Lease {
    match store.claim(claim).await {
        Ok(Claimed::Granted(lease)) => {
            assert_eq!((lease.operation, lease.owner), (claim.operation, claim.owner));
            lease
        }
        other => panic!("expected a lease, found {other:?}"),
    }
}

async fn stands(store: &dyn Store, claim: &Claim) -> Option<Standing> {
    match store.claim(claim).await.expect("claim") {
        Claimed::Granted(_) => None,
        Claimed::Stands(standing) => Some(standing),
    }
}

async fn recall(store: &dyn Store, operation: OperationId) -> Option<Standing> {
    store.recall(&claim(operation, 1)).await.expect("recall")
}

async fn settle(store: &dyn Store, lease: &Lease, settlement: &Settlement) {
    let fenced: Result<Fenced, StoreError> = store.settle(lease, settlement).await;
    assert_eq!(fenced, Ok(Fenced::Applied), "{settlement:?}");
}
