//! The second identity: what an operation is about, whatever key the client made up.

use std::{sync::Arc, time::Duration};

use super::fixture::{
    LEASE, RETENTION, TICK, abandoned, about, at_once, business, carried_out, claim, done,
    fingerprint, foreign, granted, inspected, just_before, operation, recall, refused, released,
    replayed, reply, settle, stands,
};
use crate::{
    clock::ManualClock,
    store::{BusinessKey, Claim, Claimed, Fenced, Settlement, Standing, Store},
};

pub(super) async fn all(store: &Arc<dyn Store>, clock: &ManualClock) {
    one_winner_of_a_business_key(store).await;
    business_key_under_way_is_in_flight(&**store).await;
    business_key_of_an_unknown_operation_is_unknown(&**store, clock).await;
    business_key_with_other_arguments_conflicts(&**store, clock).await;
    business_key_that_was_done_replays_the_first_answer(&**store, clock).await;
    business_key_of_another_principal_was_already_done(&**store).await;
    business_key_whose_answer_expired_was_already_done(&**store, clock).await;
    definite_failure_keeps_its_key_and_frees_the_business_key(&**store).await;
    release_frees_key_and_business_key(&**store).await;
    forgotten_operation_frees_its_business_key(&**store, clock).await;
    retake_through_another_key_is_of_the_first_operation(&**store, clock).await;
    retake_through_another_principals_key_is_refused(&**store, clock).await;
    retake_beside_another_holder_is_refused(&**store, clock).await;
}

fn with_other_arguments(business: BusinessKey) -> Claim {
    Claim { fingerprint: fingerprint(2), ..about(business) }
}

/// Of concurrent claims with one business key under different keys, one is granted.
pub async fn one_winner_of_a_business_key(store: &Arc<dyn Store>) {
    let business = business();
    let claims = (0..50)
        .map(|number| if number % 5 == 0 { foreign(business) } else { about(business) })
        .collect();
    let in_flight =
        |standing: &Standing| matches!(standing, Standing::InFlight(rest) if *rest <= LEASE);
    assert_eq!(at_once(store, claims, in_flight).await.len(), 1, "claims granted");
}

/// Another key is told that the operation is under way, whoever asks. Nothing is kept of it.
pub async fn business_key_under_way_is_in_flight(store: &dyn Store) {
    let business = business();
    granted(store, &about(business)).await;
    for claim in [about(business), foreign(business), about(business).with_retake(true)] {
        assert_eq!(stands(store, &claim).await, Standing::InFlight(LEASE));
        assert_eq!(inspected(store, claim.operation).await, None);
    }
}

/// Another key is told that the outcome is unknown, and of which attempt.
pub async fn business_key_of_an_unknown_operation_is_unknown(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let business = business();
    let lease = abandoned(store, clock, &about(business)).await;
    for said in [false, true] {
        if said {
            settle(store, &lease, &Settlement::Unknown).await;
        }
        for claim in [about(business), foreign(business)] {
            assert_eq!(stands(store, &claim).await, Standing::Unknown(lease.attempt));
        }
    }
}

/// A business key belongs to the arguments that it was claimed with, while it is held.
pub async fn business_key_with_other_arguments_conflicts(store: &dyn Store, clock: &ManualClock) {
    for settlement in [None, Some(Settlement::Unknown), Some(done())] {
        let business = business();
        let lease = granted(store, &about(business)).await;
        if let Some(settlement) = &settlement {
            settle(store, &lease, settlement).await;
        }
        let others = Claim { fingerprint: fingerprint(2), ..foreign(business) };
        for claim in [with_other_arguments(business), others] {
            assert_eq!(stands(store, &claim).await, Standing::Conflict, "after {settlement:?}");
        }
        clock.advance(LEASE);
        let retaken = with_other_arguments(business).with_retake(true);
        assert_eq!(stands(store, &retaken).await, Standing::Conflict, "after {settlement:?}");
    }
}

/// Another key is given the first operation's answer, as its duplicate; the first key its own.
pub async fn business_key_that_was_done_replays_the_first_answer(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let first = about(business());
    carried_out(store, &first, &done()).await;
    clock.advance(Duration::from_secs(1));
    let original =
        replayed(store, &Claim { owner: about(business()).owner, ..first.clone() }).await;
    assert_eq!((original.reply.clone(), original.duplicate_of), (reply(), None));
    let second = claim(operation()).with_business(first.business);
    let duplicate = replayed(store, &second).await;
    assert_eq!(duplicate.duplicate_of, Some(first.operation));
    assert_eq!((duplicate.reply, duplicate.at), (original.reply, original.at));
    assert_eq!(inspected(store, second.operation).await, None, "nothing is kept of it");
}

/// Another principal is not shown the answer.
pub async fn business_key_of_another_principal_was_already_done(store: &dyn Store) {
    let business = business();
    carried_out(store, &about(business), &done()).await;
    for claim in [foreign(business), foreign(business).with_retake(true)] {
        assert_eq!(stands(store, &claim).await, Standing::AlreadyDone);
        assert_eq!(inspected(store, claim.operation).await, None, "nothing is kept of it");
    }
}

/// The key's own answer has expired; another key is told that it was done, whoever asks.
pub async fn business_key_whose_answer_expired_was_already_done(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let first = about(business());
    carried_out(store, &first, &done()).await;
    clock.advance(RETENTION.retain);
    let business = first.business.expect("a business key");
    assert_eq!(
        stands(store, &Claim { owner: about(business).owner, ..first }).await,
        Standing::Expired
    );
    for claim in [about(business), foreign(business)] {
        assert_eq!(stands(store, &claim).await, Standing::AlreadyDone);
    }
}

/// What was refused for good may be tried again, under another key.
pub async fn definite_failure_keeps_its_key_and_frees_the_business_key(store: &dyn Store) {
    let business = business();
    let first = about(business);
    carried_out(store, &first, &refused()).await;
    let again = Claim { owner: about(business).owner, ..first.clone() };
    assert!(replayed(store, &again).await.reply.is_error);
    let second = with_other_arguments(business);
    assert_eq!(recall(store, &second).await, None);
    carried_out(store, &second, &done()).await;
    assert!(replayed(store, &again).await.reply.is_error, "the first key keeps its own answer");
}

/// Where nothing was done, the same key may be claimed again, or another one.
pub async fn release_frees_key_and_business_key(store: &dyn Store) {
    let business = business();
    let first = about(business);
    let lease = carried_out(store, &first, &released()).await;
    let second = foreign(business);
    granted(store, &second).await;
    let again = Claim { owner: about(business).owner, ..first };
    assert_eq!(stands(store, &again).await, Standing::InFlight(LEASE), "the other key holds it");
    assert_eq!(store.settle(&lease, &done()).await, Ok(Fenced::Superseded));
}

/// What was done is forgotten with its business key.
pub async fn forgotten_operation_frees_its_business_key(store: &dyn Store, clock: &ManualClock) {
    let business = business();
    let first = carried_out(store, &about(business), &done()).await;
    clock.advance(just_before(RETENTION.retain + RETENTION.tombstone));
    assert_eq!(stands(store, &about(business)).await, Standing::AlreadyDone);
    clock.advance(TICK);
    let second = with_other_arguments(business);
    carried_out(store, &second, &done()).await;
    let third = Claim { fingerprint: second.fingerprint, ..about(business) };
    assert_eq!(replayed(store, &third).await.duplicate_of, Some(second.operation));
    // The first key is free, and what it is about is held by the second.
    let first = claim(first.attempt.operation).with_business(Some(business));
    assert_eq!(stands(store, &first).await, Standing::Conflict);
}

/// An unknown operation that is carried out again through another key remains the same operation, so
/// that its backend is given the same key.
pub async fn retake_through_another_key_is_of_the_first_operation(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let business = business();
    let first = abandoned(store, clock, &about(business)).await;
    let second = about(business).with_retake(true);
    let lease = retaken(store, &second).await;
    assert_eq!(lease.attempt.operation, first.attempt.operation);
    assert_eq!(lease.attempt.owner, second.owner);
    assert!(lease.attempt.epoch > first.attempt.epoch);
    assert_eq!(retaken(store, &second).await, lease, "its acknowledgement was lost");
    assert_eq!(inspected(store, second.operation).await, None);
    assert_eq!(store.settle(&first, &released()).await, Ok(Fenced::Superseded));
    settle(store, &lease, &done()).await;
    let original = claim(first.attempt.operation).with_business(Some(business));
    assert_eq!(replayed(store, &original).await.duplicate_of, None);
    let again = Claim { owner: original.owner, ..second };
    let duplicate = replayed(store, &again).await;
    assert_eq!(duplicate.duplicate_of, Some(first.attempt.operation));
}

async fn retaken(store: &dyn Store, claim: &Claim) -> crate::store::Lease {
    match store.claim(claim).await.expect("claim") {
        Claimed::Granted(lease) => lease,
        other @ Claimed::Stands(_) => panic!("expected a lease, found {other:?}"),
    }
}

/// Another's operation is theirs to repeat.
pub async fn retake_through_another_principals_key_is_refused(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let business = business();
    let first = abandoned(store, clock, &about(business)).await;
    let standing = stands(store, &foreign(business).with_retake(true)).await;
    assert_eq!(standing, Standing::Unknown(first.attempt));
}

/// An unknown operation is not carried out again while another one has the business key that is
/// claimed: its tool may say since then that it is about something else.
pub async fn retake_beside_another_holder_is_refused(store: &dyn Store, clock: &ManualClock) {
    for settlement in [done(), Settlement::Unknown, released()] {
        let (before, since) = (business(), business());
        let first = abandoned(store, clock, &about(before)).await;
        let retake = claim(first.attempt.operation).with_business(Some(since)).with_retake(true);
        let other = granted(store, &about(since)).await;
        assert_eq!(stands(store, &retake).await, Standing::InFlight(LEASE));
        settle(store, &other, &settlement).await;
        match settlement {
            Settlement::Recorded { .. } => {
                let duplicate = replayed(store, &retake).await;
                assert_eq!(duplicate.duplicate_of, Some(other.attempt.operation));
            }
            // Of two that may have acted, neither.
            Settlement::Unknown => {
                assert_eq!(stands(store, &retake).await, Standing::Unknown(first.attempt));
            }
            Settlement::Released { .. } => {
                assert_eq!(retaken(store, &retake).await.attempt.epoch, first.attempt.epoch + 1);
            }
        }
    }
}
