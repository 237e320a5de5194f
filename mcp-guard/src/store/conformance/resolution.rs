//! Operations whose outcome somebody else has to find out.

use super::fixture::{
    LEASE, abandoned, carried_out, claim, done, fresh, granted, inspected, operation, recall,
    refused, released, replayed, settle, stands,
};
use crate::{
    clock::ManualClock,
    store::{Attempt, Fenced, Listed, OperationId, Settlement, Standing, Store, UnreadableRecord},
};

pub(super) async fn all(store: &dyn Store, clock: &ManualClock) {
    unknown_is_resolved(store, clock).await;
    resolution_can_be_repeated_and_not_changed(store, clock).await;
    only_what_is_unknown_is_resolved(store).await;
    resolution_is_fenced_by_the_attempt(store, clock).await;
    unresolved_operations_are_listed_in_order(store, clock).await;
}

/// Whoever finds out records it: from then on the answer is replayed, or the key is free.
pub async fn unknown_is_resolved(store: &dyn Store, clock: &ManualClock) {
    for settlement in [done(), refused(), released()] {
        for said in [false, true] {
            let lease = abandoned(store, clock, &claim(operation())).await;
            if said {
                settle(store, &lease, &Settlement::Unknown).await;
            }
            assert_eq!(store.resolve(&lease.attempt, &settlement).await, Ok(Fenced::Applied));
            let same = claim(lease.attempt.operation);
            match &settlement {
                Settlement::Recorded { reply, .. } => {
                    assert_eq!(replayed(store, &same).await.reply, *reply);
                }
                _ => assert_eq!(recall(store, &same).await, None),
            }
        }
    }
}

/// A resolution whose acknowledgement was lost is applied again; a different one is not, and an
/// owner who comes back is told so.
pub async fn resolution_can_be_repeated_and_not_changed(store: &dyn Store, clock: &ManualClock) {
    let all = [done(), refused(), released()];
    for (place, first) in all.iter().enumerate() {
        let lease = abandoned(store, clock, &claim(operation())).await;
        for (other, second) in all.iter().enumerate().cycle().skip(place).take(all.len()) {
            let fenced = if other == place { Fenced::Applied } else { Fenced::Superseded };
            assert_eq!(store.resolve(&lease.attempt, first).await, Ok(Fenced::Applied));
            assert_eq!(store.resolve(&lease.attempt, second).await, Ok(fenced));
            assert_eq!(store.settle(&lease, second).await, Ok(fenced));
        }
    }
}

/// What is under way is its owner's. To find out nothing resolves nothing.
pub async fn only_what_is_unknown_is_resolved(store: &dyn Store) {
    for tentative in [false, true] {
        let lease = granted(store, &claim(operation()).with_tentative(tentative)).await;
        for settlement in [done(), released(), Settlement::Unknown] {
            let fenced = store.resolve(&lease.attempt, &settlement).await;
            assert_eq!(fenced, Ok(Fenced::Superseded), "under way");
        }
        let same = claim(lease.attempt.operation);
        assert_eq!(stands(store, &same).await, Standing::InFlight(LEASE));
    }
    let lease = carried_out(store, &claim(operation()), &Settlement::Unknown).await;
    let nothing = store.resolve(&lease.attempt, &Settlement::Unknown).await;
    assert_eq!(nothing, Ok(Fenced::Superseded));
    let same = claim(lease.attempt.operation);
    assert_eq!(stands(store, &same).await, Standing::Unknown(lease.attempt));
}

/// What was found out of one attempt says nothing about the next.
pub async fn resolution_is_fenced_by_the_attempt(store: &dyn Store, clock: &ManualClock) {
    let first = abandoned(store, clock, &claim(operation())).await.attempt;
    let again = claim(first.operation).with_retake(true);
    let second = abandoned(store, clock, &again).await.attempt;
    let mixed = Attempt { epoch: second.epoch, ..first };
    let elsewhere = Attempt { operation: operation(), ..second };
    for attempt in [first, mixed, elsewhere] {
        assert_eq!(store.resolve(&attempt, &released()).await, Ok(Fenced::Superseded));
    }
    let same = claim(first.operation);
    assert_eq!(stands(store, &same).await, Standing::Unknown(second));
    assert_eq!(store.resolve(&second, &released()).await, Ok(Fenced::Applied));
}

/// What is unknown is listed page by page, in the order of the ids, and nothing else is.
pub async fn unresolved_operations_are_listed_in_order(store: &dyn Store, clock: &ManualClock) {
    let base = fresh();
    let numbered = |number: u8| {
        let mut bytes = base;
        bytes[31] = number;
        OperationId::from_bytes(bytes)
    };
    for number in [5, 1, 3, 2, 6] {
        carried_out(store, &claim(numbered(number)), &Settlement::Unknown).await;
    }
    abandoned(store, clock, &claim(numbered(4))).await;
    granted(store, &claim(numbered(7)).with_tentative(true)).await;
    carried_out(store, &claim(numbered(8)), &done()).await;
    carried_out(store, &claim(numbered(9)), &released()).await;
    clock.advance(LEASE);
    granted(store, &claim(numbered(10))).await;

    let mut listed = Vec::new();
    for (after, limit) in [(0, 2), (2, 1), (3, 3)] {
        let page = store.unresolved(Some(numbered(after)), limit).await.expect("a page");
        assert_eq!(page.len(), limit as usize, "behind {after}");
        for found in page {
            let found = found.expect("a record");
            assert_eq!(inspected(store, found.operation).await, Some(found.clone()));
            listed.push(found.operation);
        }
    }
    assert_eq!(listed, (1..=6).map(numbered).collect::<Vec<_>>());
    let behind = store.unresolved(Some(numbered(6)), 1).await.expect("a page");
    let is_behind = |found: &Listed| UnreadableRecord::operation_of(found) > numbered(255);
    assert!(behind.iter().all(is_behind), "{behind:?}");
    assert_eq!(store.unresolved(Some(numbered(0)), 0).await, Ok(Vec::new()));
    let first = store.unresolved(None, 1).await.expect("a page");
    assert_eq!(first.len(), 1);
    assert!(UnreadableRecord::operation_of(&first[0]) <= numbered(1));
}
