//! Bodies that write in the transaction of their call.

use super::*;
use crate::store::{Finish, OpenTransaction};

struct Bank {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
    store: SqliteStore,
    file: Connection,
}

impl Bank {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("guard.db");
        let store = SqliteStore::open(&path).await.expect("a store");
        let file = Connection::open(&path).expect("the file");
        file.execute_batch("CREATE TABLE ledger (entry TEXT NOT NULL)").expect("a table");
        Self { _folder: folder, path, store, file }
    }

    /// What is committed.
    fn entries(&self) -> i64 {
        self.file.query_row("SELECT count(*) FROM ledger", [], |row| row.get(0)).expect("a count")
    }

    async fn begin(&self, claim: &Claim) -> Box<dyn OpenTransaction> {
        match self.store.begin(claim).await.expect("begin") {
            Begun::Granted(_, open) => open,
            Begun::Stands(standing) => panic!("{standing:?}"),
        }
    }
}

fn body(open: &mut Box<dyn OpenTransaction>) -> &mut SqliteTransaction {
    open.handle().downcast_mut().expect("the handle that was named")
}

async fn enter(open: &mut Box<dyn OpenTransaction>) -> rusqlite::Result<usize> {
    sql(open, "INSERT INTO ledger VALUES ('x')").await
}

async fn sql(open: &mut Box<dyn OpenTransaction>, text: &'static str) -> rusqlite::Result<usize> {
    body(open).run(move |connection| connection.execute(text, [])).await
}

async fn is_free(store: &SqliteStore, byte: u8) {
    assert_eq!(store.recall(&claim(byte)).await, Ok(None));
}

#[tokio::test]
async fn effect_and_record_are_committed_together() {
    let bank = Bank::open().await;
    let mut open = bank.begin(&claim(1)).await;
    assert_eq!(enter(&mut open).await, Ok(1));
    assert_eq!(enter(&mut open).await, Ok(1));
    assert_eq!(bank.entries(), 0, "nobody sees it before");
    open.finish(Finish::Commit(done())).await.expect("commit");
    assert_eq!(bank.entries(), 2);
    let replayed = bank.store.claim(&claim(1)).await.expect("claim");
    assert!(matches!(replayed, Claimed::Stands(Standing::Recorded(_))));
}

#[tokio::test]
async fn a_refusal_undoes_the_effect_and_is_recorded() {
    let bank = Bank::open().await;
    let mut open = bank.begin(&claim(1)).await;
    enter(&mut open).await.expect("an entry");
    sql(&mut open, "SAVEPOINT inner").await.expect("a savepoint of the body's own");
    enter(&mut open).await.expect("an entry");
    open.finish(Finish::Refuse(done())).await.expect("refuse");
    assert_eq!(bank.entries(), 0);
    let replayed = bank.store.claim(&claim(1)).await.expect("claim");
    assert!(matches!(replayed, Claimed::Stands(Standing::Recorded(_))));
}

#[tokio::test]
async fn what_is_dropped_is_undone_whoever_drops_it() {
    let bank = Bank::open().await;
    // The transaction itself, in the middle of its work or before.
    for works in [false, true] {
        let mut open = bank.begin(&claim(1)).await;
        if works {
            enter(&mut open).await.expect("an entry");
        }
        drop(open);
        is_free(&bank.store, 1).await;
    }
    // The call that waits for its end, before it was asked for.
    let mut open = bank.begin(&claim(1)).await;
    enter(&mut open).await.expect("an entry");
    drop(open.finish(Finish::Commit(done())));
    is_free(&bank.store, 1).await;
    // The call that waits for its beginning.
    let first = bank.begin(&claim(1)).await;
    let (waiting, other) = (claim(2), bank.store.clone());
    let waits = tokio::spawn(async move { other.begin(&waiting).await.map(drop) });
    tokio::time::sleep(Duration::from_millis(50)).await;
    waits.abort();
    assert!(waits.await.expect_err("aborted").is_cancelled());
    drop(first);
    is_free(&bank.store, 2).await;
    granted(&bank.store, &claim(2)).await;
    assert_eq!(bank.entries(), 0);
}

#[tokio::test]
async fn a_body_that_panics_is_undone() {
    let bank = Bank::open().await;
    let mut open = bank.begin(&claim(1)).await;
    enter(&mut open).await.expect("an entry");
    let panics = tokio::spawn(async move {
        let run = body(&mut open).run(|_| -> rusqlite::Result<()> { panic!("of the body") });
        run.await.map(|()| drop(open))
    });
    assert!(panics.await.expect_err("a panic").is_panic());
    is_free(&bank.store, 1).await;
    let mut open = bank.begin(&claim(1)).await;
    assert_eq!(enter(&mut open).await, Ok(1), "the store goes on");
    open.finish(Finish::Commit(done())).await.expect("commit");
    assert_eq!(bank.entries(), 1);
}

#[tokio::test]
async fn a_body_cannot_end_its_transaction_or_touch_the_records() {
    let bank = Bank::open().await;
    let mut open = bank.begin(&claim(1)).await;
    enter(&mut open).await.expect("an entry");
    for refused in [
        "COMMIT",
        "END",
        "ROLLBACK",
        "BEGIN",
        "ATTACH ':memory:' AS other",
        "ROLLBACK TO mcp_guard_body",
        "RELEASE MCP_GUARD_BODY",
        "SAVEPOINT mcp_guard_body",
        "DELETE FROM mcp_guard_operation",
        "UPDATE mcp_guard_secret SET value = x''",
        "DROP TABLE MCP_GUARD_OPERATION",
        "ALTER TABLE mcp_guard_operation RENAME TO mine",
        "DROP INDEX mcp_guard_operation_business",
        "DROP TRIGGER mcp_guard_operation_forgotten",
        "CREATE TRIGGER mine AFTER INSERT ON mcp_guard_operation BEGIN SELECT 1; END",
        "PRAGMA user_version = 9",
    ] {
        let error = sql(&mut open, refused).await.expect_err(refused);
        let code = error.sqlite_error_code();
        assert_eq!(code, Some(rusqlite::ErrorCode::AuthorizationForStatementDenied), "{refused}");
    }
    let read = |connection: &Connection| {
        connection.query_row("SELECT count(*) FROM mcp_guard_operation", [], |row| row.get(0))
    };
    assert_eq!(body(&mut open).run::<i64, _>(read).await, Ok(1), "it may look");
    assert_eq!(bank.entries(), 0);
    open.finish(Finish::Commit(done())).await.expect("commit");
    assert_eq!(bank.entries(), 1);
}

/// Some errors end the transaction. What a body does after one would be committed statement by
/// statement.
#[tokio::test]
async fn a_transaction_that_sqlite_gave_up_commits_nothing() {
    let bank = Bank::open().await;
    let mut open = bank.begin(&claim(1)).await;
    enter(&mut open).await.expect("an entry");
    let work = |connection: &Connection| {
        let given_up = "INSERT OR ROLLBACK INTO ledger VALUES (NULL)";
        assert!(connection.execute(given_up, []).is_err(), "NOT NULL");
        assert!(connection.is_autocommit());
        connection.execute("INSERT INTO ledger VALUES ('alone')", [])
    };
    assert!(body(&mut open).run(work).await.is_err());
    let run = |_: &Connection| -> rusqlite::Result<()> { panic!("nothing is run any more") };
    assert!(body(&mut open).run(run).await.is_err());
    let finished = open.finish(Finish::Commit(done())).await;
    assert!(matches!(finished, Err(StoreError::Undone(_))), "{finished:?}");
    assert_eq!(bank.entries(), 0);
    is_free(&bank.store, 1).await;
}

/// The body's own constraints may be found broken at the end.
#[tokio::test]
async fn a_commit_that_is_refused_commits_nothing() {
    let bank = Bank::open().await;
    let tables = "CREATE TABLE account (id INTEGER PRIMARY KEY);
                  CREATE TABLE debit (account INTEGER REFERENCES account DEFERRABLE INITIALLY DEFERRED)";
    bank.file.execute_batch(tables).expect("tables");
    let mut open = bank.begin(&claim(1)).await;
    sql(&mut open, "INSERT INTO debit VALUES (7)").await.expect("it is refused later");
    let finished = open.finish(Finish::Commit(done())).await;
    assert!(matches!(finished, Err(StoreError::Undone(_))), "{finished:?}");
    is_free(&bank.store, 1).await;
    let mut open = bank.begin(&claim(1)).await;
    enter(&mut open).await.expect("an entry");
    open.finish(Finish::Commit(done())).await.expect("commit");
}

/// In the same process, only what has to write waits for an open transaction.
#[tokio::test]
async fn others_are_answered_while_a_transaction_is_open() {
    let bank = Bank::open().await;
    let lease = granted(&bank.store, &claim(1)).await;
    bank.store.settle(&lease, &done()).await.expect("settle");
    let mut open = bank.begin(&claim(2)).await;
    let began = std::time::Instant::now();
    let replayed = bank.store.claim(&claim(1)).await.expect("claim");
    assert!(matches!(replayed, Claimed::Stands(Standing::Recorded(_))));
    let in_flight = bank.store.claim(&claim(2)).await.expect("claim");
    assert!(matches!(in_flight, Claimed::Stands(Standing::InFlight(_))));
    assert!(began.elapsed() < TO_CLAIM / 2, "{:?}", began.elapsed());
    let late = bank.store.claim(&claim(3)).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    assert!(began.elapsed() < TO_CLAIM * 2, "{:?}", began.elapsed());
    // Whoever has patience gets through.
    let patient = claim(4);
    let (claimed, ()) = tokio::join!(bank.store.claim(&patient), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        enter(&mut open).await.expect("an entry");
        open.finish(Finish::Commit(done())).await.expect("commit");
    });
    assert!(matches!(claimed, Ok(Claimed::Granted(_))));
    assert_eq!(bank.entries(), 1);
}

/// Whoever waits for the file already is answered when the transaction is opened.
#[tokio::test]
async fn who_waits_is_answered_when_a_transaction_is_opened() {
    let bank = Bank::open().await;
    bank.file.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let (begins, claims) = (claim(1), claim(1));
    let began = std::time::Instant::now();
    let (first, second, ()) =
        tokio::join!(bank.store.begin(&begins), bank.store.claim(&claims), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            bank.file.execute_batch("ROLLBACK").expect("the lock is let go");
        });
    assert!(matches!(first, Ok(Begun::Granted(..))));
    assert!(matches!(second, Ok(Claimed::Stands(Standing::InFlight(_)))), "{second:?}");
    assert!(began.elapsed() < TO_CLAIM, "{:?}", began.elapsed());
}

/// Another process is not told what this one's open transaction claims, but it does not wait for it.
#[tokio::test]
async fn another_process_is_refused_soon() {
    let bank = Bank::open().await;
    let other = SqliteStore::open(&bank.path).await.expect("a store");
    let open = bank.begin(&claim(1)).await;
    let began = std::time::Instant::now();
    assert!(matches!(other.claim(&claim(1)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(other.begin(&claim(1)).await, Err(StoreError::Unavailable(_))));
    assert!(began.elapsed() < TO_CLAIM * 4, "{:?}", began.elapsed());
    open.finish(Finish::Commit(done())).await.expect("commit");
    let replayed = other.claim(&claim(1)).await.expect("claim");
    assert!(matches!(replayed, Claimed::Stands(Standing::Recorded(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_transactions_take_turns() {
    let bank = Bank::open().await;
    let tasks = (0..40).map(|byte| {
        let store = bank.store.clone();
        tokio::spawn(async move {
            let claim = claim(byte % 20);
            match store.begin(&claim).await.expect("begin") {
                Begun::Granted(_, mut open) => {
                    enter(&mut open).await.expect("an entry");
                    open.finish(Finish::Commit(done())).await.expect("commit");
                    1
                }
                Begun::Stands(_) => 0,
            }
        })
    });
    let mut committed = 0;
    for task in tasks.collect::<Vec<_>>() {
        committed += task.await.expect("task");
    }
    assert_eq!((committed, bank.entries()), (20, 20));
}

/// The store may be gone before its transaction ends.
#[tokio::test]
async fn a_transaction_outlives_its_store() {
    let Bank { _folder, store, file, .. } = Bank::open().await;
    let Ok(Begun::Granted(_, mut open)) = store.begin(&claim(1)).await else { panic!("begin") };
    drop(store);
    enter(&mut open).await.expect("an entry");
    open.finish(Finish::Commit(done())).await.expect("commit");
    let entries = "SELECT count(*) FROM ledger";
    assert_eq!(file.query_row(entries, [], |row| row.get::<_, i64>(0)), Ok(1));
}
