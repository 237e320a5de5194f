//! What a body may do with its transaction, and what is found out.

use mcp_guard::{
    PostgresStore, StoreError,
    store::{Begun, Finish, OpenTransaction, Standing, Transactions as _},
};

use super::{WRITE, begun, handle, is, kept, ledger, refusal, run};
use crate::{claim_of, operation, recorded};

/// Passing over the error of a statement does not commit the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_transaction_is_not_committed() {
    let Some((server, store)) = ledger().await else { return };
    let mut open = begun(&store, &claim_of(operation(1))).await;
    run(&mut open, WRITE).await;
    handle(&mut open).batch_execute("SELECT 1/0").await.expect_err("division by zero");
    let ended = open.finish(Finish::Commit(recorded("done"))).await;
    assert!(matches!(&ended, Err(StoreError::Undone(said)) if said.contains("25P02")), "{ended:?}");
    drop(begun(&store, &claim_of(operation(1))).await);
    assert_eq!(kept(&server), is("0", ""));

    // Unless it is another transaction than the claim's that has failed.
    let mut open = begun(&store, &claim_of(operation(2))).await;
    run(&mut open, WRITE).await;
    for statement in ["COMMIT", "BEGIN", "SAVEPOINT mcp_guard"] {
        run(&mut open, statement).await;
    }
    handle(&mut open).batch_execute("SELECT 1/0").await.expect_err("division by zero");
    let ended = open.finish(Finish::Commit(recorded("done"))).await;
    assert!(matches!(&ended, Err(StoreError::Unusable(_))), "{ended:?}");
    assert_eq!(kept(&server), is("1", "claimed"));
}

/// A body may not end the transaction. Where it commits, its claim is committed with its effect, and
/// stands: nobody carries the operation out again.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_commits_by_itself_is_found_out() {
    let Some((server, store)) = ledger().await else { return };
    for (number, end) in
        (1..).zip(["COMMIT", "COMMIT; BEGIN", "COMMIT; BEGIN; SAVEPOINT mcp_guard"])
    {
        for finish in
            [Finish::Commit(recorded("done")), Finish::Refuse(refusal()), Finish::Rollback]
        {
            drop(server.sql("TRUNCATE ledger; DELETE FROM mcp_guard.operation"));
            let claim = claim_of(operation(number));
            let mut open = begun(&store, &claim).await;
            run(&mut open, WRITE).await;
            for statement in end.split("; ") {
                run(&mut open, statement).await;
            }
            let how = format!("{end}, {finish:?}");
            let ended = open.finish(finish).await;
            assert!(matches!(&ended, Err(StoreError::Unusable(_))), "{how}: {ended:?}");
            assert_eq!(kept(&server), is("1", "claimed"), "{how}");
            // Not even by the attempt that did it.
            for again in [&claim, &claim_of(operation(number))] {
                match store.begin(again).await.expect("an answer") {
                    Begun::Stands(Standing::InFlight(_)) => {}
                    Begun::Stands(standing) => panic!("{how}: {standing:?}"),
                    Begun::Granted(..) => panic!("{how}: carried out again"),
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_rolls_back_by_itself_is_found_out() {
    let Some((server, store)) = ledger().await else { return };
    for end in ["ROLLBACK", "ROLLBACK; BEGIN"] {
        for finish in [Finish::Commit(recorded("done")), Finish::Refuse(refusal())] {
            let mut open = begun(&store, &claim_of(operation(1))).await;
            run(&mut open, WRITE).await;
            for statement in end.split("; ") {
                run(&mut open, statement).await;
            }
            run(&mut open, "SET application_name = 'left behind'").await;
            let ended = open.finish(finish).await;
            assert!(matches!(&ended, Err(StoreError::Unusable(_))), "{end}: {ended:?}");
            assert_eq!(kept(&server), is("0", ""), "{end}");
        }
    }
}

/// A body may use savepoints of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_undo_a_part_of_its_own() {
    let Some((server, store)) = ledger().await else { return };
    let mut open = begun(&store, &claim_of(operation(1))).await;
    run(&mut open, WRITE).await;
    run(&mut open, "SAVEPOINT mine").await;
    run(&mut open, WRITE).await;
    run(&mut open, "ROLLBACK TO mine").await;
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
    assert_eq!(kept(&server), is("1", "recorded"));
}

/// What a body does to its session is undone with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_back_as_it_came() {
    let Some((server, _)) = ledger().await else { return };
    let store = PostgresStore::options(&server.url()).connections(1).connect().await;
    let store = store.expect("a store");
    drop(server.sql("CREATE ROLE nobody; GRANT ALL ON ledger TO nobody"));
    let names = ["statement_timeout", "lock_timeout", "search_path", "synchronous_commit"];
    let settings = async |open: &mut Box<dyn OpenTransaction>| {
        let mut found = Vec::new();
        for name in names {
            let row =
                handle(open).query_one(&format!("SHOW {name}"), &[]).await.expect("a setting");
            found.push(row.get::<_, String>(0));
        }
        let row = handle(open).query_one("SELECT pg_backend_pid(), current_user::text", &[]).await;
        let row = row.expect("a row");
        (found, row.get::<_, i32>(0), row.get::<_, String>(1))
    };
    let mut open = begun(&store, &claim_of(operation(1))).await;
    let before = settings(&mut open).await;
    run(
        &mut open,
        "SET statement_timeout = 0; SET lock_timeout = 1; SET search_path = nowhere;
         SET synchronous_commit = off; SET ROLE nobody; CREATE TEMP TABLE mine (id int);
         SELECT pg_advisory_lock(42); LISTEN something",
    )
    .await;
    run(&mut open, "RESET ROLE").await;
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
    let mut open = begun(&store, &claim_of(operation(2))).await;
    assert_eq!(settings(&mut open).await, before, "the same connection, as it was");
    let row = handle(&mut open)
        .query_one(
            "SELECT to_regclass('mine') IS NULL,
                 NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 42
                     AND pid = pg_backend_pid())",
            &[],
        )
        .await
        .expect("a row");
    assert!(row.get::<_, bool>(0) && row.get::<_, bool>(1));
}
