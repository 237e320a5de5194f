//! Disks that are full, and files that cannot be written to.

use super::*;
use crate::store::{MeterId, Reservation, sqlite::file};

/// Nothing of a job that failed is left behind, and the group goes on without it.
#[tokio::test]
async fn a_job_that_fails_leaves_nothing_and_stops_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let store = SqliteStore::open(&path).await.expect("a store");
    let reservation = |amount| Reservation {
        meter: MeterId::from_bytes([1; 32]),
        amount,
        cap: u64::MAX,
        window: Duration::from_secs(60),
    };
    // Its record is written and its first reservation, and then its second cannot be.
    let broken = claim(1).with_reservations(vec![reservation(1), reservation(u64::MAX)]);
    let file = Connection::open(&path).expect("the file");
    // They wait for the file, and so share a transaction once they have it.
    file.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let (first, last) = (claim(2), claim(3));
    let release = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        file.execute_batch("ROLLBACK").expect("the lock is let go");
    };
    let (one, refused, two, ()) =
        tokio::join!(store.claim(&first), store.claim(&broken), store.claim(&last), release);
    assert!(matches!(refused, Err(StoreError::Unusable(_))), "{refused:?}");
    assert!(matches!((one, two), (Ok(Claimed::Granted(_)), Ok(Claimed::Granted(_)))));
    assert_eq!(store.inspect(&broken.operation).await, Ok(None));
    let count = "SELECT count(*) FROM mcp_guard_reservation";
    assert_eq!(file.query_row(count, [], |row| row.get::<_, i64>(0)), Ok(0));
}

/// A statement that finds no room undoes the whole transaction: everybody in it is told, and nothing
/// of it is kept.
#[test]
fn a_full_disk_refuses_and_keeps_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let (connection, place) = file::open(&path, &SystemClock).expect("the file");
    let pages: i64 =
        connection.pragma_query_value(None, "page_count", |row| row.get(0)).expect("a count");
    connection.pragma_update(None, "max_page_count", pages + 3).expect("pragma");
    let store = store_on(connection, place);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let small = granted(&store, &claim(1)).await;
        let large = Settlement::Recorded {
            reply: StoredReply { body: Payload::from_bytes(vec![b'x'; 50_000]), is_error: false },
            acted: true,
            retention: Retention { retain: TO_RECORD, tombstone: TO_RECORD },
        };
        // They wait for the file, and so share a transaction once they have it.
        let file = Connection::open(&path).expect("the file");
        file.execute_batch("BEGIN IMMEDIATE").expect("a lock");
        let (first, last) = (claim(2), claim(3));
        let (one, settled, two, ()) = tokio::join!(
            store.claim(&first),
            store.settle(&small, &large),
            store.claim(&last),
            async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                file.execute_batch("ROLLBACK").expect("the lock is let go");
            }
        );
        for refused in [one, two] {
            assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        }
        for claim in [first, last] {
            assert_eq!(store.inspect(&claim.operation).await, Ok(None));
        }
        assert!(matches!(settled, Err(StoreError::Unavailable(_))), "{settled:?}");
        let found = store.inspect(&claim(1).operation).await.expect("inspect").expect("a record");
        assert_eq!(found.record.attempt(found.operation), small.attempt);
        assert!(matches!(found.record.state, crate::store::record::State::Claimed { .. }));
        // A smaller answer still fits.
        assert_eq!(store.settle(&small, &done()).await, Ok(Fenced::Applied));
    });
}

/// A store on a connection that a test has prepared.
fn store_on(connection: Connection, place: file::Place) -> SqliteStore {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    SqliteStore { writer: Writer::on(connection, place, Arc::clone(&clock)), clock }
}

#[test]
fn a_file_that_cannot_be_written_to_grants_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let (connection, place) = file::open(&path, &SystemClock).expect("the file");
    connection.pragma_update(None, "query_only", true).expect("pragma");
    let store = store_on(connection, place);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        for _ in 0..2 {
            let refused = store.claim(&claim(1)).await;
            assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        }
        assert_eq!(store.recall(&claim(1)).await, Ok(None));
    });
}

/// The file itself, for whoever is not root.
#[cfg(unix)]
#[tokio::test]
async fn a_read_only_file_is_not_opened() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    drop(SqliteStore::open(&path).await.expect("a store"));
    let read_only = std::fs::Permissions::from_mode(0o400);
    std::fs::set_permissions(&path, read_only).expect("permissions");
    if std::fs::OpenOptions::new().write(true).open(&path).is_ok() {
        return; // Permissions do not bind root.
    }
    assert!(matches!(SqliteStore::open(&path).await, Err(StoreError::Unavailable(_))));
}
