//! Files of other versions.

use super::*;
use crate::store::{UnreadableRecord, record::State};

/// What version 1 made of a new file.
const TABLES_1: &str = "
    CREATE TABLE mcp_guard_operation (
        operation    BLOB NOT NULL UNIQUE,
        tool         TEXT NOT NULL,
        fingerprint  BLOB NOT NULL,
        epoch        INTEGER NOT NULL,
        owner        BLOB NOT NULL,
        state        TEXT NOT NULL CHECK (state IN ('claimed', 'recorded', 'released', 'unknown')),
        lease_until  INTEGER,
        reply        TEXT,
        is_error     INTEGER,
        ended_at     INTEGER,
        retain_until INTEGER,
        forget_at    INTEGER
    ) STRICT;
    CREATE INDEX mcp_guard_operation_forget_at ON mcp_guard_operation (forget_at)
        WHERE forget_at IS NOT NULL;
    CREATE INDEX mcp_guard_operation_retain_until ON mcp_guard_operation (retain_until)
        WHERE reply IS NOT NULL;
    CREATE TABLE mcp_guard_secret (
        id    INTEGER PRIMARY KEY CHECK (id = 1),
        value BLOB NOT NULL
    ) STRICT;
    PRAGMA application_id = 1835233383;
    PRAGMA user_version = 1;
";

/// A file as version 1 left it: its first byte names each operation.
fn file_1(path: &Path) -> Connection {
    let file = Connection::open(path).expect("a file");
    file.pragma_update(None, "journal_mode", "wal").expect("pragma");
    file.execute_batch(TABLES_1).expect("the old tables");
    file.execute("INSERT INTO mcp_guard_secret VALUES (1, ?1)", [[5_u8; 32]]).expect("a secret");
    let too_large = r#"{"status":"error","error":{"code":"result_unavailable"}}"#;
    let refused = r#"{"status":"error","error":{"code":"order_not_found"}}"#;
    let rows = [
        (1, 1, "recorded", Some(r#"{"status":"ok","result":"é"}"#), Some(false)),
        (2, 2, "recorded", Some(refused), Some(true)),
        (3, 1, "recorded", Some(too_large), Some(true)),
        (4, 1, "recorded", None, Some(true)),
        (5, 1, "released", None, None),
        (6, 1, "unknown", None, None),
        (7, 3, "claimed", None, None),
    ];
    for (byte, epoch, state, reply, is_error) in rows {
        let ended = matches!(state, "recorded" | "released").then_some(NOW.as_millis());
        file.execute(
            "INSERT INTO mcp_guard_operation
             VALUES (?1, 'refund', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            (
                [byte; 32],
                [1_u8; 32],
                epoch,
                [byte; 16],
                state,
                (state == "claimed").then_some(NOW.as_millis() + 60_000),
                reply,
                is_error,
                ended,
                ended.map(|at| at + 1000),
                ended.map(|at| at + 2000),
            ),
        )
        .expect("a row");
    }
    file
}

#[tokio::test]
async fn a_file_of_version_1_is_brought_up_to_date() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let old = file_1(&path);
    let clock = Arc::new(ManualClock::new(NOW.after(Duration::from_millis(500))));
    let store = SqliteStore::open_with_clock(&path, clock.clone()).await.expect("a store");
    assert_eq!(*store.secret().await.expect("secret").expose(), [5; 32]);

    let record = |byte| {
        let store = &store;
        async move {
            let found = store.inspect(&claim(byte).operation).await.expect("inspect");
            found.expect("a record").record
        }
    };
    for (byte, did_act) in [(1, true), (2, false), (3, true), (4, false)] {
        let record = record(byte).await;
        assert_eq!(record.principal.as_bytes(), &[0; 32]);
        assert_eq!((record.tool.as_str(), record.business), ("refund", None));
        let State::Recorded { acted, .. } = record.state else {
            panic!("{record:?}");
        };
        assert_eq!(acted, did_act, "{byte}");
    }
    // What was recorded is replayed, and what was not is as it was.
    let Standing::Recorded(first) = standing(&store, 1).await else { panic!("not replayed") };
    assert_eq!(first.reply.body.as_bytes(), r#"{"status":"ok","result":"é"}"#.as_bytes());
    assert_eq!((first.at, first.reply.is_error), (NOW, false));
    let Standing::Unknown(attempt) = standing(&store, 6).await else { panic!("not unknown") };
    assert_eq!((attempt.epoch, attempt.owner.as_bytes()), (1, &[6; 16]));
    let rest = Duration::from_millis(59_500);
    assert_eq!(standing(&store, 7).await, Standing::InFlight(rest));
    assert!(record(7).await.retaken, "an earlier attempt may have acted");
    assert_eq!(granted(&store, &claim(5)).await.attempt.epoch, 2);

    // From here on it is a file like any other.
    clock.advance(Duration::from_secs(60));
    let listed = store.unresolved(None, 10).await.expect("a page");
    let first_byte = |found: &Listed| UnreadableRecord::operation_of(found).as_bytes()[0];
    assert_eq!(listed.iter().map(first_byte).collect::<Vec<_>>(), [5, 6, 7]);
    let attempt = record(7).await.attempt(claim(7).operation);
    assert_eq!(store.resolve(&attempt, &done()).await, Ok(Fenced::Applied));
    drop(store);
    let again = SqliteStore::open_with_clock(&path, clock).await.expect("a store");
    assert!(matches!(standing(&again, 7).await, Standing::Recorded(_)));
    let version: i64 = old.pragma_query_value(None, "user_version", |row| row.get(0)).expect("it");
    assert_eq!(version, 3);
    // The statement with which version 1 wrote no longer fits: such a process refuses.
    let stale = "UPDATE mcp_guard_operation SET tentative = NULL, since = NULL, retaken = NULL";
    assert!(old.execute(stale, []).is_err());
}

async fn standing(store: &SqliteStore, byte: u8) -> Standing {
    store.recall(&claim(byte)).await.expect("recall").expect("a standing")
}

/// A version 1 process inserts without the columns that it does not know.
#[tokio::test]
async fn a_process_of_version_1_can_write_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let old = file_1(&path);
    drop(SqliteStore::open(&path).await.expect("a store"));
    let claims =
        "INSERT INTO mcp_guard_operation (operation, tool, fingerprint, epoch, owner, state)
                  VALUES (zeroblob(32), '', zeroblob(32), 1, zeroblob(16), 'claimed')";
    assert!(old.execute(claims, []).is_err());
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let old = file_1(&path);
    old.execute_batch("CREATE TABLE mcp_guard_reservation (theirs)").expect("a table in the way");
    assert!(SqliteStore::open(&path).await.is_err());
    let version: i64 = old.pragma_query_value(None, "user_version", |row| row.get(0)).expect("it");
    assert_eq!(version, 1);
    old.execute_batch("DROP TABLE mcp_guard_reservation").expect("drop");
    let clock = Arc::new(ManualClock::new(NOW));
    let store = SqliteStore::open_with_clock(&path, clock).await.expect("a store");
    assert!(matches!(standing(&store, 1).await, Standing::Recorded(_)));
}

/// Version 2 had the same tables, and did not look for claims that had lapsed.
#[tokio::test]
async fn a_file_of_version_2_is_brought_up_to_date() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let store = SqliteStore::open(&path).await.expect("a store");
    let lease = granted(&store, &claim(1)).await;
    store.settle(&lease, &done()).await.expect("settle");
    drop(store);
    let old = Connection::open(&path).expect("the file");
    old.execute_batch("DROP INDEX mcp_guard_operation_tentative; PRAGMA user_version = 2")
        .expect("an old file");
    let store = SqliteStore::open(&path).await.expect("a store");
    assert!(matches!(standing(&store, 1).await, Standing::Recorded(_)));
    let index = "SELECT count(*) FROM sqlite_schema WHERE name = 'mcp_guard_operation_tentative'";
    let found: i64 = old.query_row(index, [], |row| row.get(0)).expect("a count");
    let version: i64 = old.pragma_query_value(None, "user_version", |row| row.get(0)).expect("it");
    assert_eq!((found, version), (1, 3));
}

#[tokio::test]
async fn a_newer_version_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    drop(SqliteStore::open(&path).await.expect("a store"));
    let newer = Connection::open(&path).expect("a file");
    newer.pragma_update(None, "user_version", 4).expect("pragma");
    assert!(matches!(SqliteStore::open(&path).await, Err(StoreError::Unusable(_))));
}
