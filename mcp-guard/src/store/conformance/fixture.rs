//! What the tests are made of.

use std::{sync::Arc, time::Duration};

use crate::{
    clock::ManualClock,
    store::{
        Attempt, BusinessKey, Claim, Claimed, Fenced, Fingerprint, Inspected, Lease, MeterId,
        OperationId, Payload, PrincipalId, Recorded, Retention, Settlement, Standing, Store,
        StoredReply,
    },
};

/// How long the tests' leases stand.
pub(super) const LEASE: Duration = Duration::from_secs(60);
/// How long the tests' answers are kept.
pub(super) const RETENTION: Retention =
    Retention { retain: Duration::from_secs(3600), tombstone: Duration::from_secs(7200) };
/// The shortest time that a store tells apart.
pub(super) const TICK: Duration = Duration::from_millis(1);

/// The last moment before so much time has passed.
pub(super) fn just_before(time: Duration) -> Duration {
    time.saturating_sub(TICK)
}

/// Thirty-two bytes that no store has seen.
pub(super) fn fresh() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes
}

pub(super) fn operation() -> OperationId {
    OperationId::from_bytes(fresh())
}

pub(super) fn business() -> BusinessKey {
    BusinessKey::from_bytes(fresh())
}

pub(super) fn meter() -> MeterId {
    MeterId::from_bytes(fresh())
}

pub(super) fn principal(number: u8) -> PrincipalId {
    PrincipalId::from_bytes([number; 32])
}

pub(super) fn fingerprint(number: u8) -> Fingerprint {
    Fingerprint::from_bytes([number; 32])
}

/// A new attempt at an operation, by the first principal, with the first arguments.
pub(super) fn claim(operation: OperationId) -> Claim {
    Claim::new(operation, principal(1), fingerprint(1), "conformance", LEASE)
}

/// A new attempt, with other arguments.
pub(super) fn other_arguments(operation: OperationId) -> Claim {
    Claim::new(operation, principal(1), fingerprint(2), "conformance", LEASE)
}

/// A new attempt under a new key, about the same.
pub(super) fn about(business: BusinessKey) -> Claim {
    claim(operation()).with_business(Some(business))
}

/// A new attempt under a new key of another principal, about the same.
pub(super) fn foreign(business: BusinessKey) -> Claim {
    Claim::new(operation(), principal(2), fingerprint(1), "conformance", LEASE)
        .with_business(Some(business))
}

pub(super) fn reply() -> StoredReply {
    StoredReply {
        body: Payload::from_bytes(br#"{"status":"ok","result":1}"#.to_vec()),
        is_error: false,
    }
}

/// It was done.
pub(super) fn done() -> Settlement {
    Settlement::Recorded { reply: reply(), acted: true, retention: RETENTION }
}

/// It was refused for good.
pub(super) fn refused() -> Settlement {
    let body = Payload::from_bytes(br#"{"status":"error"}"#.to_vec());
    let reply = StoredReply { body, is_error: true };
    Settlement::Recorded { reply, acted: false, retention: RETENTION }
}

/// Nothing was done.
pub(super) fn released() -> Settlement {
    Settlement::Released { retention: RETENTION }
}

/// Claims, and is granted the claimed operation.
pub(super) async fn granted(store: &dyn Store, claim: &Claim) -> Lease {
    match store.claim(claim).await {
        Ok(Claimed::Granted(lease)) => {
            let attempt = lease.attempt;
            assert_eq!((attempt.operation, attempt.owner), (claim.operation, claim.owner));
            assert_eq!(lease.length, claim.lease);
            lease
        }
        other => panic!("expected a lease, found {other:?}"),
    }
}

/// Claims, and is told how it stands; a look tells the same.
pub(super) async fn stands(store: &dyn Store, claim: &Claim) -> Standing {
    let standing = match store.claim(claim).await.expect("claim") {
        Claimed::Stands(standing) => standing,
        Claimed::Granted(lease) => panic!("expected a standing, found {lease:?}"),
    };
    if !matches!(standing, Standing::OverBudget(_)) {
        assert_eq!(recall(store, claim).await, Some(standing.clone()), "a look tells the same");
    }
    standing
}

pub(super) async fn recall(store: &dyn Store, claim: &Claim) -> Option<Standing> {
    store.recall(claim).await.expect("recall")
}

/// The answer that a claim is given.
pub(super) async fn replayed(store: &dyn Store, claim: &Claim) -> Recorded {
    match stands(store, claim).await {
        Standing::Recorded(recorded) => recorded,
        other => panic!("expected the answer, found {other:?}"),
    }
}

pub(super) async fn settle(store: &dyn Store, lease: &Lease, settlement: &Settlement) {
    assert_eq!(store.settle(lease, settlement).await, Ok(Fenced::Applied), "{settlement:?}");
}

/// Claims and settles.
pub(super) async fn carried_out(
    store: &dyn Store,
    claim: &Claim,
    settlement: &Settlement,
) -> Lease {
    let lease = granted(store, claim).await;
    settle(store, &lease, settlement).await;
    lease
}

/// Claims, and lets the lease run out.
pub(super) async fn abandoned(store: &dyn Store, clock: &ManualClock, claim: &Claim) -> Lease {
    let lease = granted(store, claim).await;
    clock.advance(claim.lease);
    lease
}

pub(super) async fn inspected(store: &dyn Store, operation: OperationId) -> Option<Inspected> {
    store.inspect(&operation).await.expect("inspect")
}

/// Every fenced write by this attempt is refused.
pub(super) async fn is_superseded(store: &dyn Store, attempt: Attempt) {
    let lease = Lease { attempt, length: LEASE };
    assert_eq!(store.renew(&lease).await, Ok(Fenced::Superseded), "renew");
    assert_eq!(store.dispatch(&lease).await, Ok(Fenced::Superseded), "dispatch");
    for settlement in [released(), Settlement::Unknown, refused(), done()] {
        assert_eq!(store.settle(&lease, &settlement).await, Ok(Fenced::Superseded), "settle");
        assert_eq!(store.resolve(&attempt, &settlement).await, Ok(Fenced::Superseded), "resolve");
    }
}

/// Makes all these claims at once and gives back the leases that were granted. Whoever was not
/// granted was refused as `expected` says.
pub(super) async fn at_once(
    store: &Arc<dyn Store>,
    claims: Vec<Claim>,
    expected: fn(&Standing) -> bool,
) -> Vec<Lease> {
    let tasks: Vec<_> = claims
        .into_iter()
        .map(|claim| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.claim(&claim).await.expect("claim") })
        })
        .collect();
    let mut leases = Vec::new();
    for task in tasks {
        match task.await.expect("task") {
            Claimed::Granted(lease) => leases.push(lease),
            Claimed::Stands(standing) => assert!(expected(&standing), "{standing:?}"),
        }
    }
    leases
}
