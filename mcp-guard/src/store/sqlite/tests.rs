use std::time::Duration;

use super::*;
use crate::{
    clock::ManualClock,
    store::{Retention, conformance},
};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn claim(byte: u8) -> Claim {
    let operation = OperationId::from_bytes([byte; 32]);
    Claim::new(operation, Fingerprint::from_bytes([1; 32]), "test", Duration::from_secs(60))
}

async fn granted(store: &SqliteStore, claim: &Claim) -> Lease {
    match store.claim(claim).await.expect("claim") {
        Claimed::Granted(lease) => lease,
        Claimed::Stands(standing) => panic!("{standing:?}"),
    }
}

fn recorded(retain: Duration) -> Settlement {
    Settlement::Recorded {
        reply: StoredReply { body: "{}".into(), is_error: false },
        retention: Retention { retain, tombstone: retain },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_every_promise() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::new(NOW));
    let store = SqliteStore::open_with_clock(folder.path().join("guard.db"), clock.clone()).await;
    conformance::all(Arc::new(store.expect("a store")), &clock).await;
}

#[tokio::test]
async fn what_was_recorded_is_there_after_opening_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let first = SqliteStore::open(&path).await.expect("a store");
    let secret = *first.secret().await.expect("secret").expose();
    let lease = granted(&first, &claim(1)).await;
    first.settle(&lease, &recorded(Duration::from_secs(60))).await.expect("settle");
    drop(first);
    let second = SqliteStore::open(&path).await.expect("a store");
    assert!(secret == *second.secret().await.expect("secret").expose());
    let claimed = second.claim(&claim(1)).await.expect("claim");
    assert!(matches!(claimed, Claimed::Stands(Standing::Recorded(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_on_one_file_have_one_winner_and_one_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let (one, two) = tokio::join!(SqliteStore::open(&path), SqliteStore::open(&path));
    let (one, two) = (one.expect("a store"), two.expect("a store"));
    assert!(
        one.secret().await.expect("secret").expose()
            == two.secret().await.expect("secret").expose()
    );
    for byte in 0..50 {
        let (claim_one, claim_two) = (claim(byte), claim(byte));
        let (first, second) = tokio::join!(one.claim(&claim_one), two.claim(&claim_two));
        let granted = [first, second]
            .into_iter()
            .filter(|claimed| matches!(claimed, Ok(Claimed::Granted(_))))
            .count();
        assert_eq!(granted, 1);
    }
}

#[tokio::test]
async fn the_sweeper_leaves_what_must_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let clock = Arc::new(ManualClock::new(NOW));
    let store = SqliteStore::open_with_clock(&path, clock.clone()).await.expect("a store");
    for (byte, settlement) in [
        (1, recorded(Duration::from_secs(10))),
        (2, recorded(Duration::from_secs(1000))),
        (3, Settlement::Unknown),
    ] {
        let lease = granted(&store, &claim(byte)).await;
        store.settle(&lease, &settlement).await.expect("settle");
    }
    granted(&store, &claim(4)).await;
    let file = Connection::open(&path).expect("the file");
    let count = |what: &str| -> i64 {
        file.query_row(&format!("SELECT count({what}) FROM mcp_guard_operation"), [], |row| {
            row.get(0)
        })
        .expect("a count")
    };
    assert_eq!((count("*"), count("reply")), (4, 2));
    sweep(&file, NOW.after(Duration::from_secs(10)), 100).expect("sweep");
    assert_eq!(
        (count("*"), count("reply")),
        (4, 1),
        "a body that expired is dropped, its key is not"
    );
    sweep(&file, NOW.after(Duration::from_secs(5000)), 100).expect("sweep");
    assert_eq!(count("*"), 2, "unknown and claimed operations stay");
}

/// One batch a minute would let the file grow for ever under a load that a batch does not cover.
#[tokio::test]
async fn the_sweeper_goes_on_until_nothing_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let store = SqliteStore::open(&path).await.expect("a store");
    for byte in 0..5 {
        let lease = granted(&store, &claim(byte)).await;
        store.settle(&lease, &recorded(Duration::from_secs(1))).await.expect("settle");
    }
    let file = Connection::open(&path).expect("the file");
    let later = SystemClock.now().expect("a time").after(Duration::from_secs(3600));
    let more: Vec<_> = (0..3).map(|_| sweep(&file, later, 2).expect("sweep")).collect();
    assert_eq!(more, [true, true, false]);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let store = SqliteStore::open(&path).await.expect("a store");
    granted(&store, &claim(1)).await;
    let file = Connection::open(&path).expect("the file");
    file.execute("UPDATE mcp_guard_operation SET fingerprint = x'00'", []).expect("update");
    assert!(matches!(store.claim(&claim(1)).await, Err(StoreError::Unreadable(_))));
}

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

    drop(SqliteStore::open(path("newer.db")).await.expect("a store"));
    let newer = Connection::open(path("newer.db")).expect("a file");
    newer.pragma_update(None, "user_version", 99).expect("pragma");
    assert!(matches!(SqliteStore::open(path("newer.db")).await, Err(StoreError::Unusable(_))));
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
    let (connection, _) = file::open(&folder.path().join("guard.db")).expect("the file");
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, String>(0));
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    assert_eq!(pragma("journal_mode").as_deref(), Ok("wal"));
    assert_eq!(number("synchronous"), Ok(2), "FULL");
    assert_eq!(number("fullfsync"), Ok(1));
}

/// A clock that breaks at its second look.
#[derive(Default)]
struct Broken(std::sync::atomic::AtomicU32);

impl Clock for Broken {
    fn now(&self) -> Option<Timestamp> {
        assert_ne!(self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 1, "broken");
        Some(NOW)
    }
}

#[tokio::test]
async fn a_clock_that_panics_ends_no_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let store = SqliteStore::open_with_clock(path, Arc::new(Broken::default())).await;
    let store = store.expect("a store");
    granted(&store, &claim(1)).await;
    assert_eq!(store.claim(&claim(2)).await, Err(StoreError::NoClock));
    granted(&store, &claim(2)).await;
}

#[tokio::test]
async fn a_clock_that_panics_ends_no_sweep() {
    let folder = tempfile::tempdir().expect("a folder");
    let (connection, _) = file::open(&folder.path().join("guard.db")).expect("the file");
    let clock = Broken(1.into());
    assert!(!writer::sweep_some(&connection, &clock), "it panics");
    assert!(!writer::sweep_some(&connection, &clock), "there is nothing");
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
    let new = SqliteStore::open(&path).await.expect("a store");
    granted(&new, &claim(1)).await;
    assert!(matches!(old.claim(&claim(1)).await, Err(StoreError::Unusable(_))), "replaced");
    assert!(matches!(old.claim(&claim(2)).await, Err(StoreError::Unusable(_))), "replaced");
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
    }
}

/// Whoever waits for a file that another holds is told after one wait, however many wait.
#[tokio::test]
async fn a_file_that_is_held_is_given_up_by_all_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let store = SqliteStore::open(&path).await.expect("a store");
    let other = Connection::open(&path).expect("the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let began = std::time::Instant::now();
    let claims: Vec<_> = (0..4).map(claim).collect();
    let claimed = futures_util::future::join_all(claims.iter().map(|c| store.claim(c))).await;
    assert!(claimed.iter().all(|claimed| matches!(claimed, Err(StoreError::Unavailable(_)))));
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    other.execute_batch("ROLLBACK").expect("the lock is let go");
    granted(&store, &claim(0)).await;
}
