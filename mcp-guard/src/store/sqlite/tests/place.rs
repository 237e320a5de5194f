//! Which files are taken, and whether they are still where they were.

use super::*;
use crate::store::sqlite::file;

#[tokio::test]
async fn files_that_are_not_ours_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    for volatile in ["", ":memory:", "file::memory:", "file:guard.db?vfs=unix-none"] {
        assert!(matches!(SqliteStore::open(volatile).await, Err(StoreError::Unusable(_))));
    }
    let missing = path("missing").join("guard.db");
    assert!(matches!(SqliteStore::open(missing).await, Err(StoreError::Unavailable(_))));

    let other = Connection::open(path("other.db")).expect("a file");
    other.execute_batch("CREATE TABLE theirs (x)").expect("a table");
    assert!(matches!(SqliteStore::open(path("other.db")).await, Err(StoreError::Unusable(_))));

    std::fs::write(
        path("text.db"),
        "not a database, but long enough to be taken for one".repeat(40),
    )
    .expect("write");
    assert!(SqliteStore::open(path("text.db")).await.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    drop(SqliteStore::open(&path).await.expect("a store"));
    let mode = std::fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// No test here can cut the power; this is what decides what it would leave.
#[tokio::test]
async fn commits_are_durable() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, place) =
        file::open(&folder.path().join("guard.db"), &SystemClock).expect("the file");
    let second = file::open_another(&place).expect("the file");
    for connection in [first, second] {
        let pragma =
            |name| connection.pragma_query_value(None, name, |row| row.get::<_, String>(0));
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        assert_eq!(pragma("journal_mode").as_deref(), Ok("wal"));
        assert_eq!(number("synchronous"), Ok(2), "FULL");
        assert_eq!(number("fullfsync"), Ok(1));
    }
}

/// Two processes on two files of one name would each grant the same operation.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_was_replaced_grants_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let old = SqliteStore::open(&path).await.expect("a store");
    std::fs::rename(&path, folder.path().join("moved.db")).expect("rename");
    assert!(matches!(old.claim(&claim(1)).await, Err(StoreError::Unusable(_))), "moved");
    assert!(old.begin(&claim(3)).await.is_err(), "moved");
    let new = SqliteStore::open(&path).await.expect("a store");
    granted(&new, &claim(1)).await;
    assert!(matches!(old.claim(&claim(1)).await, Err(StoreError::Unusable(_))), "replaced");
    assert!(matches!(old.claim(&claim(2)).await, Err(StoreError::Unusable(_))), "replaced");
    assert!(matches!(old.begin(&claim(3)).await, Err(StoreError::Unusable(_))), "replaced");
}

/// SQLite's locks are in the companions: without them, two processes do not exclude each other.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_lost_a_companion_grants_nothing() {
    for companion in ["guard.db-wal", "guard.db-shm"] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("guard.db");
        let old = SqliteStore::open(&path).await.expect("a store");
        granted(&old, &claim(1)).await;
        std::fs::remove_file(folder.path().join(companion)).expect("remove");
        let refused = old.claim(&claim(2)).await;
        assert!(matches!(refused, Err(StoreError::Unusable(_))), "{companion}: {refused:?}");
        let refused = old.begin(&claim(2)).await;
        assert!(matches!(refused, Err(StoreError::Unusable(_))), "{companion}");
    }
}
