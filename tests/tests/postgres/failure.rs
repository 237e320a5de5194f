//! Servers that go away, come back, hang and misbehave.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use guard_tests::services::postgres::Postgres;
use mcp_guard::{
    Clock, PostgresStore, StoreError, Timestamp,
    store::{Claimed, Fenced, Settlement, Standing, Store},
};

use crate::{admin, answer, claim_of, connect, done, granted, operation, recorded};

/// Connections that died while nobody looked are found out and replaced, without an error.
#[tokio::test(flavor = "multi_thread")]
async fn killed_connections_are_replaced() {
    let Some(server) = Postgres::start() else { return };
    let store = connect(&server).await;
    for round in 0..10 {
        let claim = claim_of(operation(round));
        let lease = granted(&store, &claim).await;
        server.kill_backends();
        assert_eq!(store.settle(&lease, &recorded("done")).await, Ok(Fenced::Applied));
        assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
    }
}

/// Killed in the middle of whatever they do, again and again: each operation is done or not done, and
/// who claimed it knows.
#[tokio::test(flavor = "multi_thread")]
async fn backends_killed_at_work_do_no_harm() {
    let Some(server) = Postgres::start() else { return };
    let server = Arc::new(server);
    let store = connect(&server).await;
    let (stop, failures) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let workers = (0..8_u64).map(|worker| {
        let (store, stop, failures) = (store.clone(), Arc::clone(&stop), Arc::clone(&failures));
        tokio::spawn(async move {
            let mut done = Vec::new();
            for round in 0.. {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let claim = claim_of(operation(worker * 1_000_000 + round));
                // A claim is repeated by its owner until it is answered.
                let lease = loop {
                    match store.claim(&claim).await {
                        Ok(Claimed::Granted(lease)) => break lease,
                        Ok(Claimed::Stands(standing)) => panic!("nobody else claims: {standing:?}"),
                        Err(StoreError::Unavailable(_)) => failures.fetch_add(1, Ordering::SeqCst),
                        Err(error) => panic!("{error}"),
                    };
                };
                assert_eq!(lease.attempt.epoch, 1);
                while store.settle(&lease, &recorded("done")).await != Ok(Fenced::Applied) {
                    failures.fetch_add(1, Ordering::SeqCst);
                }
                done.push(claim);
            }
            done
        })
    });
    let workers: Vec<_> = workers.collect();
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let server = Arc::clone(&server);
        tokio::task::spawn_blocking(move || server.kill_backends()).await.expect("no panic");
    }
    stop.store(true, Ordering::SeqCst);
    let mut count = 0;
    for done in join_all(workers).await {
        for claim in done.expect("no panic") {
            assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
            count += 1;
        }
    }
    println!("{count} operations, {} errors", failures.load(Ordering::SeqCst));
    assert!(count > 40, "{count} operations are too few to tell anything");
}

/// What was answered before a crash is there after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_is_found_again_with_all_that_it_knew() {
    let Some(mut server) = Postgres::start() else { return };
    let store = connect(&server).await;
    let secret = *store.secret().await.expect("a secret").expose();
    let claim = done(&store, 1).await;
    let lease = granted(&store, &claim_of(operation(2))).await;

    server.stop_immediately();
    let began = Instant::now();
    let down = store.claim(&claim_of(operation(3))).await;
    assert!(matches!(down, Err(StoreError::Unavailable(_))), "{down:?}");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    server.come_back();

    assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
    assert_eq!(store.settle(&lease, &recorded("done")).await, Ok(Fenced::Applied));
    assert!(secret == *store.secret().await.expect("a secret").expose());
    server.restart();
    assert_eq!(answer(&store, &claim_of(operation(2))).await.as_deref(), Some("done"));
}

/// A server that does not answer costs no more than the store's patience, and what was given up is not
/// in the way of what comes after.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_given_up() {
    let Some(server) = Postgres::start() else { return };
    let options = PostgresStore::options(&server.url()).connections(1);
    let store = options.patience(Duration::from_millis(600)).connect().await.expect("a store");
    let mut somebody = admin(&server).await;
    let blocking = somebody.transaction().await.expect("a transaction");
    let locked = blocking.batch_execute("LOCK TABLE mcp_guard.operation IN ACCESS EXCLUSIVE MODE");
    locked.await.expect("the lock");
    let began = Instant::now();
    let claimed = store.claim(&claim_of(operation(1))).await;
    assert!(matches!(claimed, Err(StoreError::Unavailable(_))), "{claimed:?}");
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    blocking.rollback().await.expect("unlocked");
    granted(&store, &claim_of(operation(2))).await;
}

/// As a caller does whose deadline has passed: the connection that it leaves behind is not used again
/// while the server is still at it.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_half_way_leaves_nothing_behind() {
    let Some(server) = Postgres::start() else { return };
    let options = PostgresStore::options(&server.url()).connections(1);
    let store = options.connect().await.expect("a store");
    let mut somebody = admin(&server).await;
    let blocking = somebody.transaction().await.expect("a transaction");
    let locked = blocking.batch_execute("LOCK TABLE mcp_guard.operation IN ACCESS EXCLUSIVE MODE");
    locked.await.expect("the lock");
    let claim = claim_of(operation(1));
    let dropped = tokio::time::timeout(Duration::from_millis(100), store.claim(&claim)).await;
    assert!(dropped.is_err());
    let began = Instant::now();
    store.secret().await.expect("the only connection is free again");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    blocking.rollback().await.expect("unlocked");
}

/// The last line of defence, where a claim did not see the one that holds its business key.
#[tokio::test(flavor = "multi_thread")]
async fn the_index_refuses_a_second_holder_of_a_business_key() {
    let Some(server) = Postgres::start() else { return };
    let store = connect(&server).await;
    let business = Some(mcp_guard::store::BusinessKey::from_bytes([7; 32]));
    granted(&store, &claim_of(operation(1)).with_business(business)).await;
    let somebody = admin(&server).await;
    let twice = somebody
        .execute(
            "INSERT INTO mcp_guard.operation (operation, principal, tool, fingerprint, business, epoch,
                 owner, retaken, claimed_at, state, lease_until, tentative, holds)
             SELECT '\\x01', principal, tool, fingerprint, business, epoch, owner, retaken, claimed_at,
                 state, lease_until, tentative, holds FROM mcp_guard.operation",
            &[],
        )
        .await;
    let code = twice.expect_err("a second holder").code().map(|code| code.code().to_owned());
    assert_eq!(code.as_deref(), Some("23505"));
}

/// A database whose defaults would undo what the store promises.
#[tokio::test(flavor = "multi_thread")]
async fn the_defaults_of_a_database_do_not_weaken_a_claim() {
    let settings =
        [("synchronous_commit", "off"), ("default_transaction_isolation", "serializable")];
    let Some(mut server) = Postgres::start_with(&settings) else { return };
    let store = connect(&server).await;
    let claims: Vec<_> = (0..20).map(|number| claim_of(operation(number))).collect();
    for claim in &claims {
        let lease = granted(&store, claim).await;
        store.settle(&lease, &recorded("done")).await.expect("settled");
        store.settle(&lease, &Settlement::Unknown).await.expect("an answer");
    }
    server.stop_immediately();
    server.come_back();
    for claim in &claims {
        assert_eq!(answer(&store, claim).await.as_deref(), Some("done"));
    }
}

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Option<Timestamp> {
        None
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_cannot_be_read_stops_everything() {
    let Some(server) = Postgres::start() else { return };
    let store = PostgresStore::connect_with_clock(&server.url(), Arc::new(Stopped)).await;
    let store = store.expect("a store");
    assert_eq!(store.claim(&claim_of(operation(1))).await, Err(StoreError::NoClock));
    assert_eq!(store.recall(&claim_of(operation(1))).await, Err(StoreError::NoClock));
}

/// The server's clock, not this machine's, and it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn the_servers_clock_decides() {
    let Some(server) = Postgres::start() else { return };
    let store = connect(&server).await;
    let mut claim = claim_of(operation(1));
    claim.lease = Duration::from_millis(300);
    let lease = granted(&store, &claim).await;
    let rival = claim_of(operation(1));
    let standing = store.recall(&rival).await.expect("an answer");
    assert!(matches!(standing, Some(Standing::InFlight(rest)) if rest <= claim.lease));
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(store.recall(&rival).await, Ok(Some(Standing::Unknown(lease.attempt))));
    let seen = store.inspect(&claim.operation).await.expect("an answer").expect("a record");
    assert!(seen.now.since(seen.record.claimed_at) >= claim.lease);
}
