//! Transactions in which a body takes part, where the store has them.

use std::{any::Any, time::Duration};

use super::fixture::{
    about, business, claim, done, granted, inspected, operation, other_arguments, recall, refused,
    released, replayed, stands,
};
use crate::store::{
    Begun, Claim, Claimed, Finish, OpenTransaction, Settlement, Standing, Store, Transactions,
};

pub(super) async fn all(store: &dyn Store) {
    committed_transaction_is_recorded(store).await;
    refused_transaction_is_recorded(store).await;
    transaction_that_was_not_committed_leaves_nothing(store).await;
    open_transaction_is_in_flight_to_others(store).await;
    transaction_is_not_opened_for_what_stands(store).await;
}

async fn begun(store: &dyn Transactions, claim: &Claim) -> Box<dyn OpenTransaction> {
    match store.begin(claim).await.expect("begin") {
        Begun::Granted(lease, transaction) => {
            assert_eq!(lease.attempt.operation, claim.operation);
            assert_eq!((lease.attempt.owner, lease.length), (claim.owner, claim.lease));
            transaction
        }
        Begun::Stands(standing) => panic!("expected a transaction, found {standing:?}"),
    }
}

/// What was committed is recorded; the handle is of the type that the store names.
pub async fn committed_transaction_is_recorded(store: &dyn Store) {
    let Some(transactions) = store.transactions() else { return };
    let first = about(business());
    let mut transaction = begun(transactions, &first).await;
    let handle: &(dyn Any + Send + Sync) = transaction.handle();
    assert_eq!(handle.type_id(), transactions.handle().type_id);
    transaction.finish(Finish::Commit(done())).await.expect("commit");
    assert_eq!(replayed(store, &claim(first.operation)).await.duplicate_of, None);
    let second = claim(operation()).with_business(first.business);
    assert_eq!(replayed(store, &second).await.duplicate_of, Some(first.operation));
}

/// A refusal is recorded as well.
pub async fn refused_transaction_is_recorded(store: &dyn Store) {
    let Some(transactions) = store.transactions() else { return };
    let operation = operation();
    let transaction = begun(transactions, &claim(operation)).await;
    transaction.finish(Finish::Refuse(refused())).await.expect("refuse");
    assert!(replayed(store, &claim(operation)).await.reply.is_error);
    let transaction = begun(transactions, &claim(super::fixture::operation())).await;
    transaction.finish(Finish::Refuse(released())).await.expect("refuse");
}

/// Rolled back or dropped, it undoes the claim as well: whatever is asked next is granted.
pub async fn transaction_that_was_not_committed_leaves_nothing(store: &dyn Store) {
    let Some(transactions) = store.transactions() else { return };
    for dropped in [false, true] {
        let business = business();
        let first = about(business);
        let transaction = begun(transactions, &first).await;
        if dropped {
            drop(transaction);
        } else {
            transaction.finish(Finish::Rollback).await.expect("rollback");
        }
        let next = other_arguments(first.operation).with_business(Some(business));
        assert_eq!(eventually_claimed(store, &next).await, 1, "the first attempt");
        assert_eq!(
            inspected(store, first.operation).await.map(|it| it.record.owner),
            Some(next.owner)
        );
    }
}

/// The epoch of a claim that is granted as soon as a transaction that was dropped has ended.
async fn eventually_claimed(store: &dyn Store, claim: &Claim) -> u32 {
    for _ in 0..500 {
        match store.claim(claim).await.expect("claim") {
            Claimed::Granted(lease) => return lease.attempt.epoch,
            Claimed::Stands(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    panic!("a transaction that was dropped still holds its operation");
}

/// Whoever wants the same is told at once that it is under way, by either key. Nobody waits for the
/// body.
pub async fn open_transaction_is_in_flight_to_others(store: &dyn Store) {
    let Some(transactions) = store.transactions() else { return };
    let business = business();
    let first = about(business);
    let transaction = begun(transactions, &first).await;
    for rival in [claim(first.operation), about(business)] {
        let claimed = soon(store.claim(&rival)).await.expect("claim");
        let Claimed::Stands(Standing::InFlight(_)) = claimed else {
            panic!("expected that it is under way, found {claimed:?}");
        };
        let begun = soon(transactions.begin(&rival)).await.expect("begin");
        assert!(matches!(begun, Begun::Stands(Standing::InFlight(_))));
        let seen = soon(recall(store, &rival)).await;
        assert!(matches!(seen, Some(Standing::InFlight(_))), "{seen:?}");
    }
    // Nor is it denied to one who does not know what was asked: there is a record, or a look says so.
    let stranger = other_arguments(first.operation);
    let record = soon(inspected(store, first.operation)).await;
    let seen = soon(recall(store, &stranger)).await;
    assert!(record.is_some() || seen.is_some(), "an open transaction is denied");
    transaction.finish(Finish::Commit(done())).await.expect("commit");
    replayed(store, &about(business)).await;
}

async fn soon<T>(answer: impl Future<Output = T>) -> T {
    let answer = tokio::time::timeout(Duration::from_secs(2), answer).await;
    answer.expect("an answer within two seconds")
}

/// Where an operation stands otherwise, no transaction is opened.
pub async fn transaction_is_not_opened_for_what_stands(store: &dyn Store) {
    let Some(transactions) = store.transactions() else { return };
    let operation = operation();
    let lease = granted(store, &claim(operation)).await;
    for settlement in [None, Some(Settlement::Unknown), Some(done())] {
        if let Some(settlement) = &settlement {
            store.settle(&lease, settlement).await.expect("settle");
        }
        let same = claim(operation);
        match transactions.begin(&same).await.expect("begin") {
            Begun::Stands(standing) => assert_eq!(standing, stands(store, &same).await),
            Begun::Granted(lease, _) => panic!("expected a standing, found {lease:?}"),
        }
    }
    let transaction = begun(transactions, &claim(super::fixture::operation())).await;
    transaction.finish(Finish::Rollback).await.expect("rollback");
    assert_eq!(recall(store, &claim(super::fixture::operation())).await, None);
}
