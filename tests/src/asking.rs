//! Asking a store directly, without a guard: claims and settlements to try it with.

use std::{sync::Arc, time::Duration};

use mcp_guard::{
    ManualClock, Timestamp,
    store::{
        Claim, Claimed, Fenced, Fingerprint, Lease, OperationId, Payload, PrincipalId, Retention,
        Settlement, Standing, Store, StoredReply,
    },
};

/// How long a claim stands.
pub const LEASE: Duration = Duration::from_secs(60);
/// How long what has ended is remembered.
pub const RETENTION: Retention =
    Retention { retain: Duration::from_secs(3600), tombstone: Duration::from_secs(3600) };

/// A clock that the test moves.
#[must_use]
pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)))
}

/// An operation of this number.
#[must_use]
pub fn operation(number: u64) -> OperationId {
    let mut id = [0xA5; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    OperationId::from_bytes(id)
}

/// A claim of an operation, always with the same arguments.
#[must_use]
pub fn claim_of(operation: OperationId) -> Claim {
    let principal = PrincipalId::from_bytes([1; 32]);
    Claim::new(operation, principal, Fingerprint::from_bytes([2; 32]), "refund", LEASE)
}

/// A success with this body.
#[must_use]
pub fn reply(text: &str) -> StoredReply {
    StoredReply { body: Payload::from_bytes(text.into()), is_error: false }
}

/// What was done, with this answer.
#[must_use]
pub fn recorded(text: &str) -> Settlement {
    Settlement::Recorded { reply: reply(text), acted: true, retention: RETENTION }
}

/// Claims an operation that is free.
///
/// # Panics
/// When it is not, or the store does not answer.
pub async fn granted(store: &dyn Store, claim: &Claim) -> Lease {
    match store.claim(claim).await.expect("an answer") {
        Claimed::Granted(lease) => lease,
        Claimed::Stands(standing) => panic!("not granted: {standing:?}"),
    }
}

/// Claims the operation of this number, and records that it was done.
///
/// # Panics
/// When it is not free, or the store does not answer.
pub async fn done(store: &dyn Store, number: u64) -> Claim {
    let claim = claim_of(operation(number));
    let lease = granted(store, &claim).await;
    assert_eq!(store.settle(&lease, &recorded("done")).await, Ok(Fenced::Applied));
    claim
}

/// The recorded answer, if there is one.
///
/// # Panics
/// When the store does not answer, or the answer is not text.
pub async fn answer(store: &dyn Store, claim: &Claim) -> Option<String> {
    match store.recall(claim).await.expect("an answer") {
        Some(Standing::Recorded(recorded)) => {
            Some(String::from_utf8(recorded.reply.body.into_bytes()).expect("text"))
        }
        _ => None,
    }
}

/// Three stores, as three processes would have them.
pub async fn three<S>(connect: impl AsyncFn() -> S) -> [S; 3] {
    [connect().await, connect().await, connect().await]
}

/// Claims all of them at once, over all stores in turn.
///
/// # Panics
/// When a store does not answer.
pub async fn claim_all<S: Store + Clone>(stores: &[S], claims: Vec<Claim>) -> Vec<Claimed> {
    let each = claims.into_iter().zip(stores.iter().cycle().cloned());
    let tasks: Vec<_> = each
        .map(|(claim, store)| {
            tokio::spawn(async move { store.claim(&claim).await.expect("an answer") })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("no panic"));
    }
    answers
}

/// How many of them were granted.
#[must_use]
pub fn count_granted(answers: &[Claimed]) -> usize {
    answers.iter().filter(|answer| matches!(answer, Claimed::Granted(_))).count()
}
