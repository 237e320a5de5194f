//! Transactions in which a tool's body writes: all of it happened, or none.

mod bodies;
mod guarded;

use std::time::{Duration, Instant};

use guard_tests::services::postgres::Postgres;
use mcp_guard::{
    PgTransaction, PostgresStore, StoreError,
    store::{
        Begun, BusinessKey, Claim, Claimed, Finish, MeterId, OpenTransaction, Reservation,
        Settlement, Standing, Store, StoredReply, Transactions as _,
    },
};

use crate::{RETENTION, answer, claim_of, connect, done, operation, recorded, reply};

/// A server with a table of the application's, which every body writes to.
async fn ledger() -> Option<(Postgres, PostgresStore)> {
    let server = Postgres::start()?;
    drop(server.sql("CREATE TABLE ledger (entry text)"));
    let store = connect(&server).await;
    Some((server, store))
}

async fn begun(store: &PostgresStore, claim: &Claim) -> Box<dyn OpenTransaction> {
    match store.begin(claim).await.expect("an answer") {
        Begun::Granted(_, open) => open,
        Begun::Stands(standing) => panic!("not granted: {standing:?}"),
    }
}

fn handle(open: &mut Box<dyn OpenTransaction>) -> &mut PgTransaction {
    open.handle().downcast_mut().expect("the store's handle")
}

async fn run(open: &mut Box<dyn OpenTransaction>, sql: &str) {
    handle(open).batch_execute(sql).await.expect(sql);
}

const WRITE: &str = "INSERT INTO ledger VALUES ('refund')";

/// The entries in the ledger, and the records that are there.
fn kept(server: &Postgres) -> (String, String) {
    (
        server.sql("SELECT count(*) FROM ledger"),
        server.sql("SELECT string_agg(state, ' ') FROM mcp_guard.operation"),
    )
}

fn is(entries: &str, states: &str) -> (String, String) {
    (entries.to_owned(), states.to_owned())
}

fn refusal() -> Settlement {
    let reply = StoredReply { is_error: true, ..reply("no such order") };
    Settlement::Recorded { reply, acted: false, retention: RETENTION }
}

/// Waits until the server has undone what it was left with.
async fn until_free(store: &PostgresStore, claim: &Claim) -> Box<dyn OpenTransaction> {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match store.begin(claim).await.expect("an answer") {
            Begun::Granted(_, open) => return open,
            Begun::Stands(standing) => {
                assert!(matches!(standing, Standing::InFlight(_)), "{standing:?}");
                assert!(Instant::now() < deadline, "it still holds its operation");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn effect_and_record_are_committed_together() {
    let Some((server, store)) = ledger().await else { return };
    let claim = claim_of(operation(1));
    let mut open = begun(&store, &claim).await;
    run(&mut open, WRITE).await;
    assert_eq!(kept(&server), is("0", ""), "neither before the commit");
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
    assert_eq!(kept(&server), is("1", "recorded"));
    assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
    match store.begin(&claim_of(operation(1))).await.expect("an answer") {
        Begun::Stands(Standing::Recorded(_)) => {}
        Begun::Stands(standing) => panic!("{standing:?}"),
        Begun::Granted(..) => panic!("carried out again"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_recorded_without_the_effect() {
    let Some((server, store)) = ledger().await else { return };
    let mut open = begun(&store, &claim_of(operation(1))).await;
    run(&mut open, WRITE).await;
    open.finish(Finish::Refuse(refusal())).await.expect("committed");
    assert_eq!(kept(&server), is("0", "recorded"));
    assert_eq!(answer(&store, &claim_of(operation(1))).await.as_deref(), Some("no such order"));

    // A body's statement that failed is the usual reason to refuse.
    let mut open = begun(&store, &claim_of(operation(2))).await;
    run(&mut open, WRITE).await;
    handle(&mut open).batch_execute("SELECT 1/0").await.expect_err("division by zero");
    open.finish(Finish::Refuse(refusal())).await.expect("committed");
    assert_eq!(kept(&server), is("0", "recorded recorded"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_leaves_nothing() {
    let Some((server, store)) = ledger().await else { return };
    for failed in [false, true] {
        let mut open = begun(&store, &claim_of(operation(1))).await;
        run(&mut open, WRITE).await;
        if failed {
            handle(&mut open).batch_execute("SELECT 1/0").await.expect_err("division by zero");
        }
        open.finish(Finish::Rollback).await.expect("rolled back");
        assert_eq!(kept(&server), is("0", ""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_dropped_in_a_statement_leaves_nothing() {
    let Some((server, store)) = ledger().await else { return };
    let claim = claim_of(operation(1));
    let mut open = begun(&store, &claim).await;
    run(&mut open, WRITE).await;
    let slow = handle(&mut open).batch_execute("SELECT pg_sleep(30)");
    let dropped = tokio::time::timeout(Duration::from_millis(100), slow).await;
    assert!(dropped.is_err());
    drop(open);
    // Long before the statement ends.
    let open = until_free(&store, &claim_of(operation(1))).await;
    assert_eq!(kept(&server), is("0", ""));
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_backend_undoes_all() {
    let Some((server, store)) = ledger().await else { return };
    for finish in [Finish::Commit(recorded("done")), Finish::Refuse(refusal())] {
        let mut open = begun(&store, &claim_of(operation(1))).await;
        run(&mut open, WRITE).await;
        server.kill_backends();
        let ended = open.finish(finish).await;
        assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
        assert_eq!(kept(&server), is("0", ""));
        assert_eq!(store.inspect(&operation(1)).await, Ok(None));
    }
    let mut open = begun(&store, &claim_of(operation(1))).await;
    run(&mut open, WRITE).await;
    server.kill_backends();
    open.finish(Finish::Rollback).await.expect("it is rolled back");
    assert_eq!(kept(&server), is("0", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_of_the_server_undoes_all_or_nothing() {
    let Some((mut server, store)) = ledger().await else { return };
    let mut open = begun(&store, &claim_of(operation(1))).await;
    run(&mut open, WRITE).await;
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
    let mut open = begun(&store, &claim_of(operation(2))).await;
    run(&mut open, WRITE).await;
    server.stop_immediately();
    server.come_back();
    let ended = open.finish(Finish::Commit(recorded("done"))).await;
    assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    assert_eq!(kept(&server), is("1", "recorded"));
    let open = begun(&store, &claim_of(operation(2))).await;
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
}

/// Nobody waits for a transaction's end: by claim, by look or by transaction, by the operation or by the
/// business key.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_caller_is_told_at_once_that_it_is_under_way() {
    let Some((_server, store)) = ledger().await else { return };
    let business = Some(BusinessKey::from_bytes([7; 32]));
    let open = begun(&store, &claim_of(operation(1)).with_business(business)).await;
    for rival in [claim_of(operation(1)), claim_of(operation(2)).with_business(business)] {
        let began = Instant::now();
        let claimed = store.claim(&rival).await.expect("an answer");
        assert!(matches!(claimed, Claimed::Stands(Standing::InFlight(_))), "{claimed:?}");
        let seen = store.recall(&rival).await.expect("an answer");
        assert!(matches!(seen, Some(Standing::InFlight(_))), "{seen:?}");
        match store.begin(&rival).await.expect("an answer") {
            Begun::Stands(Standing::InFlight(_)) => {}
            Begun::Stands(standing) => panic!("{standing:?}"),
            Begun::Granted(..) => panic!("carried out twice"),
        }
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
}

/// One of many at once, over separate stores.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_transactions_one_is_granted() {
    let Some((server, _)) = ledger().await else { return };
    let stores = [connect(&server).await, connect(&server).await];
    for round in 0..5 {
        let tasks: Vec<_> = (0..20)
            .map(|place: usize| {
                let store = stores[place % 2].clone();
                tokio::spawn(async move {
                    match store.begin(&claim_of(operation(round))).await.expect("an answer") {
                        Begun::Granted(_, mut open) => {
                            run(&mut open, WRITE).await;
                            open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
                            1
                        }
                        Begun::Stands(Standing::InFlight(_) | Standing::Recorded(_)) => 0,
                        Begun::Stands(standing) => panic!("{standing:?}"),
                    }
                })
            })
            .collect();
        let mut granted = 0;
        for task in tasks {
            granted += task.await.expect("no panic");
        }
        assert_eq!(granted, 1);
        assert_eq!(server.sql("SELECT count(*) FROM ledger"), (round + 1).to_string());
    }
}

/// Whoever repeats what was done is told so, however many others do the same, by either key.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_never_taken_for_a_call_under_way() {
    let Some((_server, store)) = ledger().await else { return };
    let business = Some(BusinessKey::from_bytes([7; 32]));
    let first = claim_of(operation(0)).with_business(business);
    let open = begun(&store, &first).await;
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
    let tasks: Vec<_> = (0..12_u64)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for round in 0..20 {
                    let rival = claim_of(operation(task % 2 * (1 + round))).with_business(business);
                    let seen = match task % 3 {
                        0 => store.recall(&rival).await.expect("an answer").expect("it stands"),
                        _ => match store.begin(&rival).await.expect("an answer") {
                            Begun::Stands(standing) => standing,
                            Begun::Granted(..) => panic!("carried out twice"),
                        },
                    };
                    assert!(matches!(seen, Standing::Recorded(_)), "{seen:?}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
}

/// A budget is locked until the commit: who needs it waits, for a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_held_until_the_commit() {
    let Some((server, _)) = ledger().await else { return };
    let options = PostgresStore::options(&server.url()).patience(Duration::from_millis(800));
    let store = options.connect().await.expect("a store");
    let costing = |number| {
        let reservation = Reservation {
            meter: MeterId::from_bytes([9; 32]),
            amount: 60,
            cap: 100,
            window: Duration::from_secs(3600),
        };
        claim_of(operation(number)).with_reservations(vec![reservation])
    };
    let open = begun(&store, &costing(1)).await;
    let waited = store.claim(&costing(2)).await;
    assert!(matches!(waited, Err(StoreError::Unavailable(_))), "{waited:?}");
    let rival = tokio::spawn({
        let store = store.clone();
        async move { store.claim(&costing(3)).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
    let waited = rival.await.expect("no panic");
    assert_eq!(waited, Ok(Claimed::Stands(Standing::OverBudget(0))));
}

/// Also where a database's default says otherwise, and where the body does.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_durable() {
    let Some(mut server) = Postgres::start_with(&[("synchronous_commit", "off")]) else { return };
    drop(server.sql("CREATE TABLE ledger (entry text)"));
    let store = connect(&server).await;
    let mut open = begun(&store, &claim_of(operation(1))).await;
    let row = handle(&mut open).query_one("SHOW synchronous_commit", &[]).await.expect("a row");
    assert_eq!(row.get::<_, String>(0), "on");
    run(&mut open, "SET LOCAL synchronous_commit = off").await;
    run(&mut open, WRITE).await;
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
    server.stop_immediately();
    server.come_back();
    assert_eq!(kept(&server), is("1", "recorded"));
}

/// A transactional claim is never taken for one that may be forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_outlives_its_lease() {
    let Some((server, store)) = ledger().await else { return };
    let mut claim = claim_of(operation(1)).with_tentative(true);
    claim.lease = Duration::from_millis(50);
    let mut open = begun(&store, &claim).await;
    run(&mut open, WRITE).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
    assert_eq!(kept(&server), is("1", "recorded"));
    done(&store, 2).await;
}
