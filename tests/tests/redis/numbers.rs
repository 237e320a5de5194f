//! Lua has one kind of number. What is exact and what is for ever must come through it.

use std::time::Duration;

use guard_tests::services::redis::Redis;
use mcp_guard::{
    RedisStore, Timestamp,
    store::{
        Claim, Claimed, Fenced, MAX_CAP, MeterId, Reservation, Retention, Settlement, Standing,
        Store, record::State,
    },
};

use crate::{LEASE, claim_of, clock, granted, operation, reply};

const FOR_EVER: Retention = Retention { retain: Duration::MAX, tombstone: Duration::MAX };

#[tokio::test(flavor = "multi_thread")]
async fn for_ever_is_for_ever() {
    let Some(server) = Redis::start() else { return };
    let clock = clock();
    let options = RedisStore::options(server.url()).clock(clock.clone());
    let store = options.sweep_every(Duration::from_millis(20)).connect().await.expect("a store");
    let mut claim = claim_of(operation(1));
    claim.lease = Duration::MAX;
    let lease = granted(&store, &claim).await;
    clock.advance(Duration::from_secs(3600 * 24 * 3650));
    let other = store.claim(&claim_of(operation(1))).await;
    assert!(matches!(other, Ok(Claimed::Stands(Standing::InFlight(_)))), "{other:?}");
    let settlement =
        Settlement::Recorded { reply: reply("done"), acted: false, retention: FOR_EVER };
    assert_eq!(store.settle(&lease, &settlement).await, Ok(Fenced::Applied));
    clock.advance(Duration::from_secs(3600 * 24 * 3650));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let found = store.inspect(&claim.operation).await.expect("ok").expect("a record");
    let State::Recorded { ended, .. } = found.record.state else { panic!("{found:?}") };
    assert_eq!((ended.retain_until, ended.forget_at), (Timestamp::MAX, Timestamp::MAX));
    let standing = store.recall(&claim).await;
    assert!(matches!(standing, Ok(Some(Standing::Recorded(_)))), "{standing:?}");
}

fn taking(number: u64, amount: u64, cap: u64) -> Claim {
    let reservation =
        Reservation { meter: MeterId::from_bytes([3; 32]), amount, cap, window: LEASE };
    claim_of(operation(number)).with_reservations(vec![reservation])
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_exact_to_the_highest_cap() {
    let Some(server) = Redis::start() else { return };
    let clock = clock();
    let store =
        RedisStore::connect_with_clock(&server.url(), clock.clone()).await.expect("a store");
    let over = Ok(Claimed::Stands(Standing::OverBudget(0)));
    for round in 0..3 {
        let number = |place: u64| round * 10 + place;
        for (place, amount) in [(0, 1), (1, MAX_CAP - 2), (2, 1)] {
            let lease = granted(&store, &taking(number(place), amount, MAX_CAP)).await;
            let settlement =
                Settlement::Recorded { reply: reply("done"), acted: true, retention: FOR_EVER };
            assert_eq!(store.settle(&lease, &settlement).await, Ok(Fenced::Applied));
        }
        assert_eq!(store.claim(&taking(number(3), 1, MAX_CAP)).await, over);
        // A cap beyond what is counted is none.
        assert_eq!(store.claim(&taking(number(4), 1, u64::MAX)).await, over);
        assert_eq!(store.claim(&taking(number(5), u64::MAX, u64::MAX)).await, over);
        let nothing = taking(number(6), 0, MAX_CAP);
        assert!(matches!(store.claim(&nothing).await, Ok(Claimed::Granted(_))));
        // All of it is given back, at once and exactly.
        clock.advance(LEASE);
    }
    let kept = server.send(&["KEYS", "{mcp-guard}:meter:*"]);
    let sum = kept.lines().find(|key| key.ends_with(":sum")).expect("a sum");
    granted(&store, &taking(100, 0, MAX_CAP)).await;
    assert_eq!(server.send(&["GET", sum]).trim(), "0");
}
