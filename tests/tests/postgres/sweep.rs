//! Dropping what nobody needs to remember, and nothing else.

use std::time::{Duration, Instant};

use guard_tests::services::postgres::Postgres;
use mcp_guard::{
    ManualClock, PostgresStore,
    store::{Settlement, Store, UnreadableRecord},
};

use crate::{LEASE, RETENTION, admin, claim_of, clock, done, granted, operation};

async fn sweeping(server: &Postgres, clock: std::sync::Arc<ManualClock>) -> PostgresStore {
    let options = PostgresStore::options(&server.url()).clock(clock);
    options.sweep_every(Duration::from_millis(50)).connect().await.expect("a store")
}

/// Waits until a count is what it should be.
async fn comes_to(server: &Postgres, what: &str, wanted: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let found = server.sql(what);
        if found == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: {found}, not {wanted}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

const RECORDS: &str = "SELECT count(*) FROM mcp_guard.operation";
const REPLIES: &str = "SELECT count(reply) FROM mcp_guard.operation";

#[tokio::test(flavor = "multi_thread")]
async fn what_must_stay_stays() {
    let Some(server) = Postgres::start() else { return };
    let clock = clock();
    let store = sweeping(&server, clock.clone()).await;
    done(&store, 1).await;
    let refused = granted(&store, &claim_of(operation(2))).await;
    let released = Settlement::Released { retention: RETENTION };
    store.settle(&refused, &released).await.expect("settled");
    let doubtful = granted(&store, &claim_of(operation(3))).await;
    store.settle(&doubtful, &Settlement::Unknown).await.expect("settled");
    granted(&store, &claim_of(operation(4))).await;
    granted(&store, &claim_of(operation(5)).with_tentative(true)).await;
    assert_eq!((server.sql(RECORDS).as_str(), server.sql(REPLIES).as_str()), ("5", "1"));

    clock.advance(LEASE);
    comes_to(&server, RECORDS, "4").await;
    clock.advance(RETENTION.retain);
    comes_to(&server, REPLIES, "0").await;
    assert_eq!(server.sql(RECORDS), "4", "a reply is dropped, its key is not");
    clock.advance(RETENTION.tombstone);
    comes_to(&server, RECORDS, "2").await;
    clock.advance(Duration::from_secs(10 * 365 * 24 * 3600));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.sql(RECORDS), "2", "what is unknown or under way stays");
    let left = store.unresolved(None, 10).await.expect("a list");
    let left: Vec<_> = left.iter().map(UnreadableRecord::operation_of).collect();
    assert_eq!(left, [operation(3), operation(4)]);
}

/// More than fits into one batch goes, in batches, and its reservations go with it.
#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_until_nothing_is_left() {
    let Some(server) = Postgres::start() else { return };
    let clock = clock();
    let store = sweeping(&server, clock.clone()).await;
    let many = server.sql(
        "INSERT INTO mcp_guard.operation (operation, principal, tool, fingerprint, epoch, owner,
             retaken, claimed_at, state, ended_at, retain_until, forget_at, holds)
         SELECT sha256(n::text::bytea), '', 't', '', 1, '', false, 0, 'released', 0, 0, 0, false
         FROM generate_series(1, 3500) n;
         INSERT INTO mcp_guard.reservation (operation, place, meter, amount, span)
         SELECT operation, 1, '', 1, 1 FROM mcp_guard.operation RETURNING 1",
    );
    assert!(many.len() > 3500);
    comes_to(&server, RECORDS, "0").await;
    assert_eq!(server.sql("SELECT count(*) FROM mcp_guard.reservation"), "0");
    drop(store);
}

/// One at a time, over all processes: where somebody else is at it, a sweeper has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn one_sweeps_at_a_time() {
    let Some(server) = Postgres::start() else { return };
    let clock = clock();
    let store = sweeping(&server, clock.clone()).await;
    let other = sweeping(&server, clock.clone()).await;
    done(&store, 1).await;
    let somebody = admin(&server).await;
    somebody
        .batch_execute(
            "SET search_path = mcp_guard; SELECT pg_advisory_lock(lock_number('sweep', ''))",
        )
        .await
        .expect("the lock");
    clock.advance(RETENTION.retain + RETENTION.tombstone);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(server.sql(RECORDS), "1");
    drop(somebody);
    comes_to(&server, RECORDS, "0").await;
    drop((store, other));
}
