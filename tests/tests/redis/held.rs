//! What a tentative claim holds: its own while it is renewed, and another's once its lease ran out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use guard_tests::services::redis::Redis;
use mcp_guard::{
    Clock, RedisStore, Timestamp,
    store::{
        BusinessKey, Claim, Claimed, Fenced, MeterId, Reservation, Settlement, Standing, Store,
    },
};

use crate::{LEASE, RETENTION, claim_of, clock, granted, operation, recorded};

fn taking_all(number: u64) -> Claim {
    let reservation =
        Reservation { meter: MeterId::from_bytes([3; 32]), amount: 10, cap: 10, window: LEASE };
    claim_of(operation(number)).with_tentative(true).with_reservations(vec![reservation])
}

fn about_one_thing(number: u64) -> Claim {
    claim_of(operation(number))
        .with_tentative(true)
        .with_business(Some(BusinessKey::from_bytes([4; 32])))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_claim_keeps_what_it_holds() {
    let Some(server) = Redis::start() else { return };
    let clock = clock();
    let options = RedisStore::options(server.url()).clock(clock.clone());
    let store = options.sweep_every(Duration::from_millis(20)).connect().await.expect("a store");
    let budget = granted(&store, &taking_all(1)).await;
    let thing = granted(&store, &about_one_thing(2)).await;
    for _ in 0..4 {
        clock.advance(LEASE / 2);
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(store.renew(&budget).await, Ok(Fenced::Applied));
        assert_eq!(store.renew(&thing).await, Ok(Fenced::Applied));
        let over = store.claim(&taking_all(3)).await;
        assert_eq!(over, Ok(Claimed::Stands(Standing::OverBudget(0))));
        let waits = store.claim(&about_one_thing(4)).await;
        assert!(matches!(waits, Ok(Claimed::Stands(Standing::InFlight(_)))), "{waits:?}");
    }
    assert_eq!(store.dispatch(&budget).await, Ok(Fenced::Applied));
    assert_eq!(store.settle(&budget, &recorded("done")).await, Ok(Fenced::Applied));
}

/// A clock that can be set.
struct Settable(AtomicI64);

impl Clock for Settable {
    fn now(&self) -> Option<Timestamp> {
        Some(Timestamp::from_millis(self.0.load(Ordering::SeqCst)))
    }
}

/// A server's clock may be set back after somebody saw a lease run out. What was given to another
/// then stays the other's.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_gives_nothing_to_two() {
    let Some(server) = Redis::start() else { return };
    let start = 1_700_000_000_000;
    let clock = Arc::new(Settable(AtomicI64::new(start)));
    let store = RedisStore::connect_with_clock(&server.url(), clock.clone()).await.expect("ok");
    for (first, second) in
        [(taking_all(1), taking_all(2)), (about_one_thing(3), about_one_thing(4))]
    {
        let lapsed = granted(&store, &first).await;
        clock.0.store(start + 60_000, Ordering::SeqCst);
        let successor = granted(&store, &second).await;
        clock.0.store(start + 30_000, Ordering::SeqCst);
        assert_eq!(store.renew(&lapsed).await, Ok(Fenced::Superseded));
        assert_eq!(store.dispatch(&lapsed).await, Ok(Fenced::Superseded));
        assert_eq!(store.settle(&lapsed, &recorded("done")).await, Ok(Fenced::Superseded));
        let released = Settlement::Released { retention: RETENTION };
        assert_eq!(store.settle(&lapsed, &released).await, Ok(Fenced::Superseded));
        assert_eq!(store.dispatch(&successor).await, Ok(Fenced::Applied));
        clock.0.store(start, Ordering::SeqCst);
    }
}
