//! One operation, from its claim to the day on which it is forgotten.

use std::{sync::Arc, time::Duration};

use super::fixture::{
    LEASE, RETENTION, abandoned, at_once, carried_out, claim, done, granted, inspected, operation,
    other_arguments, recall, refused, released, replayed, reply, settle, stands,
};
use crate::{
    clock::ManualClock,
    store::{Attempt, Fenced, Lease, Payload, Retention, Settlement, Standing, Store, StoredReply},
};

pub(super) async fn all(store: &Arc<dyn Store>, clock: &ManualClock) {
    one_winner(store).await;
    own_claim_is_granted_again(&**store).await;
    recorded_answer_is_replayed_byte_for_byte(&**store).await;
    other_arguments_conflict(&**store, clock).await;
    released_key_can_be_claimed_by_the_same_arguments(&**store).await;
    renewed_lease_stands(&**store, clock).await;
    settlement_can_be_repeated_and_not_changed(&**store).await;
    answer_expires_then_key_is_spent_then_forgotten(&**store, clock).await;
    nothing_is_retained_where_nothing_is_to_be(&**store).await;
    record_can_be_inspected(&**store, clock).await;
    secret_is_always_the_same(&**store).await;
}

/// Of concurrent claims of one operation, one is granted.
pub async fn one_winner(store: &Arc<dyn Store>) {
    let operation = operation();
    let claims = (0..50).map(|_| claim(operation)).collect();
    let in_flight =
        |standing: &Standing| matches!(standing, Standing::InFlight(rest) if *rest <= LEASE);
    assert_eq!(at_once(store, claims, in_flight).await.len(), 1, "claims granted");
}

/// A claim whose acknowledgement was lost is granted again to its owner, as it was.
pub async fn own_claim_is_granted_again(store: &dyn Store) {
    let claim = claim(operation());
    let first = granted(store, &claim).await;
    let record = inspected(store, claim.operation).await;
    assert_eq!(granted(store, &claim).await, first);
    assert_eq!(inspected(store, claim.operation).await, record);
}

/// A recorded answer is given back byte for byte, to a claim and to a look. It need not be text.
pub async fn recorded_answer_is_replayed_byte_for_byte(store: &dyn Store) {
    let every_byte: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    for body in ["{\"é\":\"\\u0000 \u{202e}\"} ".as_bytes().to_vec(), every_byte, Vec::new()] {
        for is_error in [false, true] {
            let operation = operation();
            assert_eq!(recall(store, &claim(operation)).await, None);
            let reply = StoredReply { body: Payload::from_bytes(body.clone()), is_error };
            let settlement =
                Settlement::Recorded { reply: reply.clone(), acted: true, retention: RETENTION };
            carried_out(store, &claim(operation), &settlement).await;
            let recorded = replayed(store, &claim(operation)).await;
            assert_eq!((recorded.reply, recorded.duplicate_of), (reply, None));
        }
    }
}

/// A key that was used for other arguments is refused, however its operation stands.
pub async fn other_arguments_conflict(store: &dyn Store, clock: &ManualClock) {
    let settlements = [Settlement::Unknown, released(), done(), refused()];
    for settlement in [None].into_iter().chain(settlements.map(Some)) {
        let operation = operation();
        let lease = granted(store, &claim(operation)).await;
        if let Some(settlement) = &settlement {
            settle(store, &lease, settlement).await;
        }
        let standing = stands(store, &other_arguments(operation)).await;
        assert_eq!(standing, Standing::Conflict, "after {settlement:?}");
    }
    let late = operation();
    abandoned(store, clock, &claim(late)).await;
    assert_eq!(stands(store, &other_arguments(late)).await, Standing::Conflict, "after its lease");
}

/// A released key is free, for the same arguments, under a new epoch.
pub async fn released_key_can_be_claimed_by_the_same_arguments(store: &dyn Store) {
    let operation = operation();
    let first = carried_out(store, &claim(operation), &released()).await;
    assert_eq!(recall(store, &claim(operation)).await, None);
    let second = granted(store, &claim(operation)).await;
    assert!(second.attempt.epoch > first.attempt.epoch);
    assert_eq!(store.settle(&first, &done()).await, Ok(Fenced::Superseded));
}

/// A renewed lease does not run out.
pub async fn renewed_lease_stands(store: &dyn Store, clock: &ManualClock) {
    let operation = operation();
    let lease = granted(store, &claim(operation)).await;
    for _ in 0..4 {
        clock.advance(LEASE / 2);
        assert_eq!(store.renew(&lease).await, Ok(Fenced::Applied));
    }
    assert_eq!(stands(store, &claim(operation)).await, Standing::InFlight(LEASE));
}

/// A settlement whose acknowledgement was lost is applied again; a different one is not.
pub async fn settlement_can_be_repeated_and_not_changed(store: &dyn Store) {
    let other = StoredReply { body: Payload::from_bytes(b"{}".to_vec()), is_error: false };
    let otherwise = Settlement::Recorded { reply: other, acted: true, retention: RETENTION };
    let refusal = Settlement::Recorded { reply: reply(), acted: false, retention: RETENTION };
    let all = [done(), otherwise, refusal, released()];
    for (place, first) in all.iter().enumerate() {
        let lease = carried_out(store, &claim(operation()), first).await;
        let record = inspected(store, lease.attempt.operation).await;
        settle(store, &lease, first).await;
        for (_, second) in all.iter().enumerate().filter(|(other, _)| *other != place) {
            assert_eq!(store.settle(&lease, second).await, Ok(Fenced::Superseded));
        }
        assert_eq!(store.settle(&lease, &Settlement::Unknown).await, Ok(Fenced::Superseded));
        assert_eq!(inspected(store, lease.attempt.operation).await, record, "nothing was written");
        let attempt = Attempt { operation: operation(), ..lease.attempt };
        let never = Lease { attempt, ..lease };
        assert_eq!(store.settle(&never, first).await, Ok(Fenced::Superseded));
    }
}

/// An answer is kept for its time, its key is spent for longer, and then both are forgotten.
pub async fn answer_expires_then_key_is_spent_then_forgotten(
    store: &dyn Store,
    clock: &ManualClock,
) {
    let operation = operation();
    let lease = carried_out(store, &claim(operation), &done()).await;
    clock.advance(RETENTION.retain);
    assert_eq!(stands(store, &claim(operation)).await, Standing::Expired);
    clock.advance(RETENTION.tombstone);
    assert_eq!(inspected(store, operation).await, None);
    let again = granted(store, &other_arguments(operation)).await;
    assert_eq!(store.settle(&lease, &released()).await, Ok(Fenced::Superseded));
    settle(store, &again, &done()).await;
}

/// A retention of nothing leaves nothing.
pub async fn nothing_is_retained_where_nothing_is_to_be(store: &dyn Store) {
    let none = Retention { retain: Duration::ZERO, tombstone: Duration::ZERO };
    let recorded = Settlement::Recorded { reply: reply(), acted: true, retention: none };
    for settlement in [recorded, Settlement::Released { retention: none }] {
        let operation = operation();
        carried_out(store, &claim(operation), &settlement).await;
        assert_eq!(inspected(store, operation).await, None);
        granted(store, &other_arguments(operation)).await;
    }
}

/// What was claimed can be looked at; what a reconciler needs is dropped once it has ended.
pub async fn record_can_be_inspected(store: &dyn Store, clock: &ManualClock) {
    let operation = operation();
    assert_eq!(inspected(store, operation).await, None);
    let arguments = Payload::from_bytes(vec![0xff, 0x00, 0x7b]);
    let claim = claim(operation).with_arguments(Some(arguments.clone()));
    let lease = abandoned(store, clock, &claim).await;
    for settlement in [None, Some(Settlement::Unknown)] {
        if let Some(settlement) = &settlement {
            settle(store, &lease, settlement).await;
        }
        let found = inspected(store, operation).await.expect("a record");
        assert_eq!(found.operation, operation);
        assert_eq!(found.record.attempt(operation), lease.attempt);
        assert_eq!(found.record.principal, claim.principal);
        assert_eq!(found.record.fingerprint, claim.fingerprint);
        assert_eq!(found.record.tool, "conformance");
        assert_eq!(found.record.arguments.as_ref(), Some(&arguments));
        assert_eq!(found.now.since(found.record.claimed_at), LEASE);
        assert!(found.record.is_unknown(found.now));
    }
    settle(store, &lease, &done()).await;
    let found = inspected(store, operation).await.expect("a record");
    assert_eq!(found.record.arguments, None, "nobody reconciles what has ended");
}

/// The deployment's secret does not change.
pub async fn secret_is_always_the_same(store: &dyn Store) {
    let first = store.secret().await.expect("secret");
    let second = store.secret().await.expect("secret");
    assert!(first.expose() == second.expose() && *first.expose() != [0; 32]);
}
