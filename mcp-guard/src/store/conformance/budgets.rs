//! Budgets: what is held and spent of a meter never exceeds its cap.

use std::{sync::Arc, time::Duration};

use super::fixture::{
    LEASE, RETENTION, TICK, abandoned, about, at_once, business, carried_out, claim, done, granted,
    just_before, meter, operation, recall, refused, released, reply, settle, stands,
};
use crate::{
    clock::ManualClock,
    store::{
        Claim, Claimed, Fenced, Lease, MAX_CAP, MeterId, Reservation, Retention, Settlement,
        Standing, Store,
    },
};

/// How long what was spent counts in these tests.
const WINDOW: Duration = Duration::from_secs(24 * 3600);

pub(super) async fn all(store: &Arc<dyn Store>, clock: &ManualClock) {
    cap_is_never_exceeded(store).await;
    cap_is_never_exceeded_by_different_amounts(store).await;
    budget_is_held_while_an_operation_is_under_way_or_unknown(&**store, clock).await;
    budget_is_spent_for_the_window_from_the_settlement(&**store, clock).await;
    budget_is_given_back_where_nothing_was_done(&**store).await;
    budget_is_taken_once_by_each_operation(&**store).await;
    retake_takes_no_budget_again(&**store, clock).await;
    each_of_several_budgets_has_its_say(&**store).await;
    budget_that_was_refused_leaves_nothing(&**store).await;
    budgets_are_counted_exactly(&**store).await;
    budget_in_which_nothing_is_left_stands_behind_other_answers(&**store).await;
    what_was_spent_is_not_forgotten_within_its_window(&**store, clock).await;
}

fn take(meter: MeterId, amount: u64, cap: u64) -> Reservation {
    Reservation { meter, amount, cap, window: WINDOW }
}

/// A claim of a new operation that takes this.
fn taking(reservations: &[Reservation]) -> Claim {
    claim(operation()).with_reservations(reservations.to_vec())
}

/// What is left of a budget of 100, found by asking for it.
async fn is_left(store: &dyn Store, meter: MeterId, left: u64) {
    let more = taking(&[take(meter, left + 1, 100)]);
    assert_eq!(stands(store, &more).await, Standing::OverBudget(0), "more than {left} is left");
    let lease = granted(store, &taking(&[take(meter, left, 100)])).await;
    settle(store, &lease, &released()).await;
}

/// The same operation, by another attempt.
fn again(claim: &Claim) -> Claim {
    Claim { owner: taking(&[]).owner, ..claim.clone() }
}

/// Of concurrent claims of one budget, as many are granted as fit into it.
pub async fn cap_is_never_exceeded(store: &Arc<dyn Store>) {
    let reservation = take(meter(), 10, 95);
    let claims = (0..40).map(|_| taking(std::slice::from_ref(&reservation))).collect();
    let over = |standing: &Standing| *standing == Standing::OverBudget(0);
    assert_eq!(at_once(store, claims, over).await.len(), 9, "claims granted");
}

/// Split amounts make no difference.
pub async fn cap_is_never_exceeded_by_different_amounts(store: &Arc<dyn Store>) {
    let meter = meter();
    let amounts = (1..=40_u64).map(|number| number * 7 % 23 + 1);
    let claims: Vec<_> = amounts.map(|amount| taking(&[take(meter, amount, 100)])).collect();
    let amount = |lease: &Lease| {
        let made = |claim: &&Claim| claim.operation == lease.attempt.operation;
        claims.iter().find(made).map_or(0, |claim| claim.reservations[0].amount)
    };
    let over = |standing: &Standing| *standing == Standing::OverBudget(0);
    let leases = at_once(store, claims.clone(), over).await;
    let sum: u64 = leases.iter().map(amount).sum();
    // No amount exceeds 23, and whoever was refused found too little left.
    assert!((78..=100).contains(&sum), "{sum} was granted");
    is_left(&**store, meter, 100 - sum).await;
}

/// Nobody else may spend what an operation has taken, until its outcome is certain.
pub async fn budget_is_held_while_an_operation_is_under_way_or_unknown(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let meter = meter();
    let lease = granted(store, &taking(&[take(meter, 60, 100)])).await;
    is_left(store, meter, 40).await;
    clock.advance(LEASE);
    is_left(store, meter, 40).await;
    settle(store, &lease, &Settlement::Unknown).await;
    is_left(store, meter, 40).await;
    clock.advance(WINDOW * 400);
    is_left(store, meter, 40).await;
}

/// What was spent counts from the moment at which it was settled, and no longer than the window. It
/// rolls: each operation's part becomes free by itself.
pub async fn budget_is_spent_for_the_window_from_the_settlement(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let meter = meter();
    let lease = abandoned(store, clock, &taking(&[take(meter, 60, 100)])).await;
    settle(store, &lease, &done()).await;
    clock.advance(WINDOW / 2);
    carried_out(store, &taking(&[take(meter, 30, 100)]), &done()).await;
    is_left(store, meter, 10).await;
    clock.advance(just_before(WINDOW / 2));
    is_left(store, meter, 10).await;
    clock.advance(TICK);
    is_left(store, meter, 70).await;
    clock.advance(WINDOW / 2);
    is_left(store, meter, 100).await;
}

/// Whoever did nothing has spent nothing: released, or refused for good.
pub async fn budget_is_given_back_where_nothing_was_done(store: &dyn Store) {
    for settlement in [released(), refused()] {
        let meter = meter();
        let claim = taking(&[take(meter, 60, 100)]);
        let lease = granted(store, &claim).await;
        is_left(store, meter, 40).await;
        settle(store, &lease, &Settlement::Unknown).await;
        is_left(store, meter, 40).await;
        settle(store, &lease, &settlement).await;
        is_left(store, meter, 100).await;
    }
}

/// A released operation that is claimed again takes its part anew, once. A claim whose
/// acknowledgement was lost takes nothing more.
pub async fn budget_is_taken_once_by_each_operation(store: &dyn Store) {
    let meter = meter();
    let first = taking(&[take(meter, 60, 100)]);
    carried_out(store, &first, &released()).await;
    let second = again(&first);
    for _ in 0..3 {
        granted(store, &second).await;
        is_left(store, meter, 40).await;
    }
}

/// An operation that is carried out again has its part already, even where nothing more is left.
pub async fn retake_takes_no_budget_again(store: &dyn Store, clock: &ManualClock) {
    let meter = meter();
    let first = taking(&[take(meter, 60, 100)]);
    abandoned(store, clock, &first).await;
    carried_out(store, &taking(&[take(meter, 40, 100)]), &done()).await;
    let lease = granted(store, &again(&first).with_retake(true)).await;
    is_left(store, meter, 0).await;
    assert_eq!(store.settle(&lease, &Settlement::Unknown).await, Ok(Fenced::Applied));
    is_left(store, meter, 0).await;
    assert_eq!(store.resolve(&lease.attempt, &released()).await, Ok(Fenced::Applied));
    is_left(store, meter, 60).await;
}

/// An operation needs room in all of its budgets; the first that has none is told.
pub async fn each_of_several_budgets_has_its_say(store: &dyn Store) {
    let (wide, narrow) = (meter(), meter());
    let both = |wide_amount, narrow_amount| {
        taking(&[take(wide, wide_amount, 1000), take(narrow, narrow_amount, 100)])
    };
    granted(store, &both(50, 50)).await;
    assert_eq!(stands(store, &both(50, 51)).await, Standing::OverBudget(1));
    assert_eq!(stands(store, &both(951, 51)).await, Standing::OverBudget(0));
    granted(store, &both(950, 50)).await;
    assert_eq!(stands(store, &both(0, 1)).await, Standing::OverBudget(1));
    granted(store, &both(0, 0)).await;
}

/// A claim that is over one budget takes nothing of the others, and claims nothing.
pub async fn budget_that_was_refused_leaves_nothing(store: &dyn Store) {
    let (free, spent) = (meter(), meter());
    let claim = taking(&[take(free, 60, 100), take(spent, 101, 100)]);
    let claim = claim.with_business(Some(business()));
    assert_eq!(stands(store, &claim).await, Standing::OverBudget(1));
    is_left(store, free, 100).await;
    let fits = Claim { reservations: vec![take(free, 60, 100)], ..again(&claim) };
    granted(store, &fits).await;
    let other = about(claim.business.expect("a business key"));
    assert_eq!(stands(store, &other).await, Standing::InFlight(LEASE));
}

/// The highest cap is counted to the last unit.
pub async fn budgets_are_counted_exactly(store: &dyn Store) {
    let meter = meter();
    granted(store, &taking(&[take(meter, MAX_CAP - 1, MAX_CAP)])).await;
    let two = taking(&[take(meter, 2, MAX_CAP)]);
    assert_eq!(stands(store, &two).await, Standing::OverBudget(0));
    granted(store, &taking(&[take(meter, 1, MAX_CAP)])).await;
    let one = taking(&[take(meter, 1, MAX_CAP)]);
    assert_eq!(stands(store, &one).await, Standing::OverBudget(0));
    granted(store, &taking(&[take(meter, 0, MAX_CAP)])).await;
    let huge = taking(&[take(super::fixture::meter(), u64::MAX, MAX_CAP)]);
    assert_eq!(stands(store, &huge).await, Standing::OverBudget(0));
}

/// What an operation already is comes first: a replay needs no budget, and a look tells of none.
pub async fn budget_in_which_nothing_is_left_stands_behind_other_answers(store: &dyn Store) {
    let meter = meter();
    let first = taking(&[take(meter, 100, 100)]).with_business(Some(business()));
    carried_out(store, &first, &done()).await;
    assert!(matches!(stands(store, &again(&first)).await, Standing::Recorded(_)));
    let second = taking(&[take(meter, 100, 100)]).with_business(first.business);
    assert!(matches!(stands(store, &second).await, Standing::Recorded(_)));
    let third = taking(&[take(meter, 1, 100)]);
    assert_eq!(recall(store, &third).await, None);
    assert_eq!(store.claim(&third).await, Ok(Claimed::Stands(Standing::OverBudget(0))));
}

/// A record is remembered for as long as what it spent counts, however short its retention is.
pub async fn what_was_spent_is_not_forgotten_within_its_window(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let meter = meter();
    let first = taking(&[take(meter, 60, 100)]);
    let retention = Retention { retain: TICK, tombstone: TICK };
    let spent = Settlement::Recorded { reply: reply(), acted: true, retention };
    carried_out(store, &first, &spent).await;
    clock.advance(just_before(WINDOW));
    assert_eq!(stands(store, &again(&first)).await, Standing::Expired);
    is_left(store, meter, 40).await;
    clock.advance(TICK);
    is_left(store, meter, 100).await;
    granted(store, &again(&first)).await;
    is_left(store, meter, 40).await;
    // What was refused spends nothing, and is kept for its retention alone.
    let refused = Settlement::Recorded { reply: reply(), acted: false, retention };
    let second = taking(&[take(meter, 1, 100)]);
    carried_out(store, &second, &refused).await;
    clock.advance(RETENTION.retain);
    assert_eq!(recall(store, &again(&second)).await, None);
}
