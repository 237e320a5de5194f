//! What need not be remembered is dropped, and nothing else.

use std::{sync::Arc, time::Duration};

use guard_tests::services::redis::Redis;
use mcp_guard::{
    ManualClock, RedisStore,
    store::{
        BusinessKey, Claim, Fenced, Listed, MeterId, Reservation, Settlement, Standing, Store,
        UnreadableRecord,
    },
};

use crate::{LEASE, RETENTION, claim_of, clock, granted, operation, recorded};

/// What is kept when there is no record.
const NOTHING: &str = "{mcp-guard}:store";

struct Swept {
    server: Redis,
    clock: Arc<ManualClock>,
    store: RedisStore,
}

impl Swept {
    async fn start() -> Option<Self> {
        let server = Redis::start_with(&[("appendfsync", "no")])?;
        let clock = clock();
        let options = RedisStore::options(server.url()).clock(clock.clone());
        let store = options.sweep_every(Duration::from_millis(20)).connect().await.expect("ok");
        Some(Self { server, clock, store })
    }

    async fn keys(&self) -> Vec<String> {
        // Long enough for several sweeps.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut keys: Vec<_> =
            self.server.send(&["KEYS", "*"]).lines().map(str::to_owned).collect();
        keys.sort();
        keys
    }
}

/// A claim that has something of everything that is kept beside a record.
fn laden(number: u8) -> Claim {
    let reservation = |meter| Reservation {
        meter: MeterId::from_bytes([meter; 32]),
        amount: 5,
        cap: 10_000,
        window: RETENTION.retain * 3,
    };
    claim_of(operation(number.into()))
        .with_business(Some(BusinessKey::from_bytes([number; 32])))
        .with_reservations(vec![reservation(1), reservation(2)])
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_what_is_forgotten() {
    let Some(swept) = Swept::start().await else { return };
    let retention = RETENTION;
    let refused = Settlement::Recorded { reply: crate::reply("no"), acted: false, retention };
    for (number, settlement) in
        [recorded("done"), refused, Settlement::Released { retention }].iter().enumerate()
    {
        let number = u8::try_from(number).expect("small");
        let lease = granted(&swept.store, &laden(number)).await;
        assert_eq!(swept.store.settle(&lease, settlement).await, Ok(Fenced::Applied));
    }
    granted(&swept.store, &laden(9).with_tentative(true)).await;
    let remembered = swept.keys().await;
    assert!(remembered.iter().filter(|key| key.contains(":operation:")).count() == 4);
    // The budgets' window is longer than the tombstones.
    swept.clock.advance(RETENTION.retain + RETENTION.tombstone);
    let spent = swept.keys().await;
    assert!(spent.iter().filter(|key| key.contains(":operation:")).count() == 1, "{spent:?}");
    swept.clock.advance(RETENTION.retain);
    assert_eq!(swept.keys().await, [NOTHING]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_answer_is_dropped_and_still_known() {
    let Some(swept) = Swept::start().await else { return };
    let claim = laden(1);
    let lease = granted(&swept.store, &claim).await;
    swept.store.settle(&lease, &recorded("an answer")).await.expect("settled");
    // What frees memory must go on where there is none.
    swept.server.send(&["CONFIG", "SET", "maxmemory", "1"]);
    swept.clock.advance(RETENTION.retain);
    assert!(!swept.keys().await.contains(&"{mcp-guard}:open".to_owned()), "it is not open");
    let found = swept.store.inspect(&claim.operation).await.expect("ok").expect("a record");
    assert!(!format!("{:?}", found.record.state).contains("9 bytes"), "{found:?}");
    assert_eq!(swept.store.recall(&claim).await, Ok(Some(Standing::Expired)));
    let again = swept.store.settle(&lease, &recorded("an answer")).await;
    assert_eq!(again, Ok(Fenced::Applied), "its acknowledgement was lost");
    let other = swept.store.settle(&lease, &recorded("another")).await;
    assert_eq!(other, Ok(Fenced::Superseded));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_claimed_or_unknown_stays_for_ever() {
    let Some(swept) = Swept::start().await else { return };
    let lost = laden(1);
    granted(&swept.store, &lost).await;
    let doubtful = laden(2);
    let lease = granted(&swept.store, &doubtful).await;
    swept.store.settle(&lease, &Settlement::Unknown).await.expect("settled");
    let before = swept.keys().await;
    swept.clock.advance(LEASE * 60 * 24 * 3650);
    assert_eq!(swept.keys().await, before);
    let unresolved = swept.store.unresolved(None, 10).await.expect("a list");
    let ids: Vec<_> = unresolved.iter().map(UnreadableRecord::operation_of).collect();
    assert_eq!(ids, [lost.operation, doubtful.operation]);
}

/// More than one script sweeps at once, and more than one looks at.
#[tokio::test(flavor = "multi_thread")]
async fn many_records_are_swept_and_listed_in_batches() {
    let Some(swept) = Swept::start().await else { return };
    for number in 0..1200 {
        let lease = granted(&swept.store, &claim_of(operation(number))).await;
        let settlement = if number % 2 == 0 { Settlement::Unknown } else { recorded("done") };
        swept.store.settle(&lease, &settlement).await.expect("settled");
    }
    let live = claim_of(operation(600));
    let open = swept.store.unresolved(None, 1000).await.expect("a list");
    let expected: Vec<_> = (0..1200).step_by(2).map(operation).collect();
    let ids =
        |page: &[Listed]| -> Vec<_> { page.iter().map(UnreadableRecord::operation_of).collect() };
    assert_eq!(ids(&open), expected);
    let page = swept.store.unresolved(Some(live.operation), 7).await.expect("a list");
    assert_eq!(ids(&page), expected[301..308]);
    swept.clock.advance(RETENTION.retain + RETENTION.tombstone);
    for _ in 0..50 {
        if swept.keys().await.len() == 600 + 2 {
            return;
        }
    }
    panic!("left: {} keys", swept.keys().await.len());
}
