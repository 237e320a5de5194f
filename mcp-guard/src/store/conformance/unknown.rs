//! Operations whose owner is gone.

use std::time::Duration;

use super::fixture::{
    LEASE, TICK, abandoned, about, business, carried_out, claim, done, granted, is_superseded,
    just_before, operation, other_arguments, recall, refused, released, replayed, settle, stands,
};
use crate::{
    clock::ManualClock,
    store::{Attempt, Fenced, Settlement, Standing, Store},
};

pub(super) async fn all(store: &dyn Store, clock: &ManualClock) {
    lease_that_ran_out_is_unknown(store, clock).await;
    own_claim_is_not_granted_again_after_its_lease(store, clock).await;
    own_lease_that_ran_out_is_not_given_back(store, clock).await;
    unknown_can_be_retaken_where_the_tool_says_so(store, clock).await;
    late_owner_turns_unknown_into_fact(store, clock).await;
    late_owner_never_touches_a_successor(store, clock).await;
    second_attempt_that_did_nothing_leaves_it_unknown(store, clock).await;
    second_attempt_that_was_refused_counts_as_done(store, clock).await;
    unknown_is_never_forgotten(store, clock).await;
}

/// A claim whose owner is gone is unknown, not free; its owner may come back and renew it.
pub async fn lease_that_ran_out_is_unknown(store: &dyn Store, clock: &ManualClock) {
    let operation = operation();
    let lease = granted(store, &claim(operation)).await;
    clock.advance(just_before(LEASE));
    let rest = Standing::InFlight(TICK);
    assert_eq!(stands(store, &claim(operation)).await, rest);
    clock.advance(TICK);
    for _ in 0..2 {
        assert_eq!(stands(store, &claim(operation)).await, Standing::Unknown(lease.attempt));
    }
    assert_eq!(store.renew(&lease).await, Ok(Fenced::Applied));
    assert_eq!(stands(store, &claim(operation)).await, Standing::InFlight(LEASE));
}

/// A claim that is asked for again after its lease is not given back: somebody may have been told that
/// it is unknown. Its owner, who knows that nothing was done, may release it.
pub async fn own_claim_is_not_granted_again_after_its_lease(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let claim = claim(operation());
    let lease = granted(store, &claim).await;
    clock.advance(LEASE);
    assert_eq!(stands(store, &claim).await, Standing::Unknown(lease.attempt));
    settle(store, &lease, &released()).await;
    granted(store, &claim).await;
}

/// An owner whose claim was acknowledged too late is told that it is unknown, as others were. Where the
/// backend deduplicates, it may carry the operation out in a new attempt.
pub async fn own_lease_that_ran_out_is_not_given_back(store: &dyn Store, clock: &ManualClock) {
    let claim = claim(operation());
    let lease = abandoned(store, clock, &claim).await;
    assert_eq!(stands(store, &claim).await, Standing::Unknown(lease.attempt));
    let again = granted(store, &claim.with_retake(true)).await;
    assert!(again.attempt.epoch > lease.attempt.epoch);
    assert_eq!(store.settle(&lease, &done()).await, Ok(Fenced::Superseded));
}

/// Where the backend deduplicates, an unknown operation is carried out again; a live one is not.
pub async fn unknown_can_be_retaken_where_the_tool_says_so(store: &dyn Store, clock: &ManualClock) {
    for settlement in [None, Some(Settlement::Unknown)] {
        let operation = operation();
        let first = granted(store, &claim(operation)).await;
        let again = claim(operation).with_retake(true);
        assert_eq!(stands(store, &again).await, Standing::InFlight(LEASE));
        match &settlement {
            None => clock.advance(LEASE),
            Some(settlement) => settle(store, &first, settlement).await,
        }
        let other = other_arguments(operation).with_retake(true);
        assert_eq!(stands(store, &other).await, Standing::Conflict);
        let second = granted(store, &again).await;
        assert!(second.attempt.epoch > first.attempt.epoch);
        assert_eq!(granted(store, &again).await, second, "its acknowledgement was lost");
    }
}

/// The owner of an unknown operation may still say what became of it.
pub async fn late_owner_turns_unknown_into_fact(store: &dyn Store, clock: &ManualClock) {
    for also_said in [false, true] {
        let operation = operation();
        let lease = abandoned(store, clock, &claim(operation)).await;
        if also_said {
            settle(store, &lease, &Settlement::Unknown).await;
            settle(store, &lease, &Settlement::Unknown).await;
        }
        assert_eq!(stands(store, &claim(operation)).await, Standing::Unknown(lease.attempt));
        settle(store, &lease, &done()).await;
        replayed(store, &claim(operation)).await;
    }
}

/// An owner whose operation was taken over writes nothing any more, and neither does one who guesses
/// the epoch or the owner.
pub async fn late_owner_never_touches_a_successor(store: &dyn Store, clock: &ManualClock) {
    let operation = operation();
    let late = abandoned(store, clock, &claim(operation)).await.attempt;
    let successor = granted(store, &claim(operation).with_retake(true)).await;
    is_superseded(store, late).await;
    is_superseded(store, Attempt { epoch: successor.attempt.epoch, ..late }).await;
    is_superseded(store, Attempt { epoch: late.epoch, ..successor.attempt }).await;
    settle(store, &successor, &done()).await;
}

/// The first attempt may have acted: what the second knows of itself frees nothing. A resolution
/// does, for it is of the operation.
pub async fn second_attempt_that_did_nothing_leaves_it_unknown(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let operation = operation();
    abandoned(store, clock, &claim(operation)).await;
    let second = granted(store, &claim(operation).with_retake(true)).await;
    for _ in 0..2 {
        settle(store, &second, &released()).await;
        assert_eq!(stands(store, &claim(operation)).await, Standing::Unknown(second.attempt));
    }
    assert_eq!(store.resolve(&second.attempt, &released()).await, Ok(Fenced::Applied));
    // From here on it is as if it had never been tried.
    carried_out(store, &claim(operation), &released()).await;
    assert_eq!(recall(store, &claim(operation)).await, None);
}

/// Its answer is replayed, and the business key stays held: what it was refused may be what the
/// first attempt has done.
pub async fn second_attempt_that_was_refused_counts_as_done(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let first = about(business());
    abandoned(store, clock, &first).await;
    let again = claim(first.operation).with_retake(true);
    let second = granted(store, &again).await;
    for _ in 0..2 {
        settle(store, &second, &refused()).await;
    }
    assert!(replayed(store, &claim(first.operation)).await.reply.is_error);
    let other = claim(super::fixture::operation()).with_business(first.business);
    assert_eq!(replayed(store, &other).await.duplicate_of, Some(first.operation));
}

/// Time alone never frees an unknown operation.
pub async fn unknown_is_never_forgotten(store: &dyn Store, clock: &ManualClock) {
    let said = granted(store, &claim(operation())).await;
    settle(store, &said, &Settlement::Unknown).await;
    let gone = granted(store, &claim(operation())).await;
    clock.advance(Duration::from_secs(10 * 365 * 24 * 3600));
    for attempt in [said.attempt, gone.attempt] {
        let standing = stands(store, &claim(attempt.operation)).await;
        assert_eq!(standing, Standing::Unknown(attempt));
    }
}
