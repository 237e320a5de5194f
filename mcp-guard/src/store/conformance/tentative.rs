//! Claims that promise to say when they begin to act.

use std::{sync::Arc, time::Duration};

use super::fixture::{
    LEASE, TICK, about, business, claim, done, granted, inspected, is_superseded, just_before,
    meter, operation, other_arguments, recall, refused, released, replayed, settle, stands,
};
use crate::{
    clock::ManualClock,
    store::{Attempt, Claim, Claimed, Fenced, Lease, Reservation, Settlement, Standing, Store},
};

pub(super) async fn all(shared: &Arc<dyn Store>, clock: &ManualClock) {
    let store = &**shared;
    tentative_claim_stands_while_its_lease_does(store, clock).await;
    tentative_claim_that_lapsed_is_nothing(store, clock).await;
    tentative_claim_that_lapsed_writes_nothing(store, clock).await;
    tentative_claim_that_lapsed_does_not_come_back(store, clock).await;
    tentative_claim_that_lapsed_or_its_successor_acts(shared, clock).await;
    dispatched_claim_that_lapsed_is_unknown(store, clock).await;
    dispatch_of_a_lapsed_lease_is_refused(store, clock).await;
    dispatch_is_fenced(store).await;
}

fn tentative() -> Claim {
    claim(operation()).with_tentative(true)
}

/// Until its lease runs out, it is as any other claim; it may be renewed, and settled.
pub async fn tentative_claim_stands_while_its_lease_does(store: &dyn Store, clock: &ManualClock) {
    let first = tentative();
    let lease = granted(store, &first).await;
    clock.advance(just_before(LEASE));
    assert_eq!(stands(store, &claim(first.operation)).await, Standing::InFlight(TICK));
    assert_eq!(store.renew(&lease).await, Ok(Fenced::Applied));
    clock.advance(just_before(LEASE));
    assert_eq!(stands(store, &claim(first.operation)).await, Standing::InFlight(TICK));
    settle(store, &lease, &done()).await;
    replayed(store, &claim(first.operation)).await;
}

/// Nothing was done, so nothing is there: key, business key and budget are free, whatever is asked.
pub async fn tentative_claim_that_lapsed_is_nothing(store: &dyn Store, clock: &ManualClock) {
    let budget = Reservation { meter: meter(), amount: 100, cap: 100, window: Duration::MAX };
    let business = business();
    let first = tentative().with_business(Some(business)).with_reservations(vec![budget.clone()]);
    granted(store, &first).await;
    let rival = |claim: Claim| claim.with_reservations(vec![budget.clone()]);
    assert_eq!(stands(store, &rival(claim(operation()))).await, Standing::OverBudget(0));
    clock.advance(LEASE);
    assert_eq!(inspected(store, first.operation).await, None);
    assert_eq!(recall(store, &other_arguments(first.operation)).await, None);
    let second = rival(about(business));
    granted(store, &second).await;
    granted(store, &other_arguments(first.operation)).await;
    assert_eq!(stands(store, &about(business)).await, Standing::InFlight(LEASE));
}

/// An owner who comes back too late finds that there is nothing left to write to.
pub async fn tentative_claim_that_lapsed_writes_nothing(store: &dyn Store, clock: &ManualClock) {
    let lease = granted(store, &tentative()).await;
    clock.advance(LEASE);
    is_superseded(store, lease.attempt).await;
    let operation = lease.attempt.operation;
    assert_eq!(inspected(store, operation).await, None);
    let successor = granted(store, &other_arguments(operation)).await;
    is_superseded(store, lease.attempt).await;
    settle(store, &successor, &released()).await;
}

/// What a lapsed claim held was granted to another: from then on it is nothing, even for a clock that
/// is set back to when its lease stood, and whatever becomes of the other. Otherwise both would act.
pub async fn tentative_claim_that_lapsed_does_not_come_back(
    store: &dyn Store,
    clock: &ManualClock,
) {
    for settlement in [released(), refused(), done()] {
        let business = business();
        let first = tentative().with_business(Some(business));
        lapses_for_good(store, clock, &first, &about(business), &settlement).await;
        let budget = Reservation { meter: meter(), amount: 60, cap: 100, window: Duration::MAX };
        let taking = |claim: Claim| claim.with_reservations(vec![budget.clone()]);
        let (first, second) = (taking(tentative()), taking(claim(operation())));
        lapses_for_good(store, clock, &first, &second, &settlement).await;
    }
}

async fn lapses_for_good(
    store: &dyn Store,
    clock: &ManualClock,
    first: &Claim,
    second: &Claim,
    settlement: &Settlement,
) {
    let lapsed = granted(store, first).await;
    clock.advance(LEASE);
    let lease = granted(store, second).await;
    clock.set_back(LEASE);
    is_gone(store, lapsed.attempt).await;
    // Not even for a claim of its own that comes late.
    assert!(matches!(store.claim(first).await, Ok(Claimed::Stands(_))));
    settle(store, &lease, settlement).await;
    is_gone(store, lapsed.attempt).await;
    clock.advance(LEASE);
}

async fn is_gone(store: &dyn Store, attempt: Attempt) {
    is_superseded(store, attempt).await;
    assert_eq!(inspected(store, attempt.operation).await, None);
}

/// One of the two acts, and never both, when a claim for what a lapsed one held comes together with
/// its mark, under a clock that is just then set back.
pub async fn tentative_claim_that_lapsed_or_its_successor_acts(
    store: &Arc<dyn Store>,
    clock: &ManualClock,
) {
    for _ in 0..20 {
        let business = business();
        let lapsed = granted(&**store, &tentative().with_business(Some(business))).await;
        clock.advance(LEASE);
        let (shared, successor) = (Arc::clone(store), about(business));
        let claimed = tokio::spawn(async move { shared.claim(&successor).await });
        tokio::task::yield_now().await;
        clock.set_back(TICK);
        let marked = store.dispatch(&lapsed).await.expect("dispatch");
        let claimed = claimed.await.expect("task").expect("claim");
        let acts = [marked == Fenced::Applied, matches!(claimed, Claimed::Granted(_))];
        assert!(acts == [true, false] || acts == [false, true], "{marked:?}, {claimed:?}");
    }
}

/// Once it has begun to act, a claim whose owner is gone is unknown. The mark extends the lease, and
/// may be repeated.
pub async fn dispatched_claim_that_lapsed_is_unknown(store: &dyn Store, clock: &ManualClock) {
    let lease = granted(store, &tentative()).await;
    clock.advance(just_before(LEASE));
    for _ in 0..2 {
        assert_eq!(store.dispatch(&lease).await, Ok(Fenced::Applied));
    }
    let same = claim(lease.attempt.operation);
    assert_eq!(stands(store, &same).await, Standing::InFlight(LEASE));
    clock.advance(just_before(LEASE));
    assert_eq!(store.renew(&lease).await, Ok(Fenced::Applied));
    clock.advance(LEASE);
    assert_eq!(stands(store, &same).await, Standing::Unknown(lease.attempt));
    settle(store, &lease, &done()).await;
}

/// Nobody begins to act under a lease that has run out: somebody may have been told so.
pub async fn dispatch_of_a_lapsed_lease_is_refused(store: &dyn Store, clock: &ManualClock) {
    for claim in [tentative(), claim(operation())] {
        let lease = granted(store, &claim).await;
        clock.advance(LEASE);
        assert_eq!(store.dispatch(&lease).await, Ok(Fenced::Superseded));
    }
}

/// Only the attempt that was granted marks it, and only before it has ended.
pub async fn dispatch_is_fenced(store: &dyn Store) {
    let lease = granted(store, &tentative()).await;
    let strangers = [
        Attempt { owner: tentative().owner, ..lease.attempt },
        Attempt { epoch: lease.attempt.epoch + 1, ..lease.attempt },
        Attempt { operation: operation(), ..lease.attempt },
    ];
    for attempt in strangers {
        let stranger = Lease { attempt, ..lease };
        assert_eq!(store.dispatch(&stranger).await, Ok(Fenced::Superseded));
    }
    settle(store, &lease, &released()).await;
    assert_eq!(store.dispatch(&lease).await, Ok(Fenced::Superseded));
}
