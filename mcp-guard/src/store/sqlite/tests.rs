//! What this store promises beyond the contract.

mod disk;
mod file_version;
mod place;
mod sweeping;
mod transactions;

use super::*;
use crate::{
    clock::{ManualClock, Timestamp},
    store::{Fingerprint, Payload, PrincipalId, Retention, StoredReply, conformance},
};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn claim(byte: u8) -> Claim {
    let operation = OperationId::from_bytes([byte; 32]);
    let principal = PrincipalId::from_bytes([1; 32]);
    let fingerprint = Fingerprint::from_bytes([1; 32]);
    Claim::new(operation, principal, fingerprint, "test", Duration::from_secs(60))
}

async fn granted(store: &SqliteStore, claim: &Claim) -> Lease {
    match store.claim(claim).await.expect("claim") {
        Claimed::Granted(lease) => lease,
        Claimed::Stands(standing) => panic!("{standing:?}"),
    }
}

fn reply() -> StoredReply {
    StoredReply { body: Payload::from_bytes(b"{}".to_vec()), is_error: false }
}

fn recorded(retain: Duration) -> Settlement {
    let retention = Retention { retain, tombstone: retain };
    Settlement::Recorded { reply: reply(), acted: true, retention }
}

fn done() -> Settlement {
    recorded(Duration::from_secs(3600))
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
    first.settle(&lease, &done()).await.expect("settle");
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
async fn a_record_that_cannot_be_read_is_refused() {
    for damage in ["fingerprint = x'00'", "principal = x'00'", "epoch = -1", "lease_until = NULL"] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("guard.db");
        let store = SqliteStore::open(&path).await.expect("a store");
        let lease = granted(&store, &claim(1)).await;
        let file = Connection::open(&path).expect("the file");
        file.execute(&format!("UPDATE mcp_guard_operation SET {damage}"), []).expect("update");
        let unreadable =
            |error: Option<StoreError>| matches!(error, Some(StoreError::Unreadable(_)));
        assert!(unreadable(store.claim(&claim(1)).await.err()), "{damage}");
        assert!(unreadable(store.settle(&lease, &done()).await.err()), "{damage}");
        assert!(unreadable(store.begin(&claim(1)).await.err()), "{damage}");
        granted(&store, &claim(2)).await;
    }
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
    assert!(began.elapsed() < TO_CLAIM * 3, "{:?}", began.elapsed());
    other.execute_batch("ROLLBACK").expect("the lock is let go");
    granted(&store, &claim(0)).await;
}

/// Whatever needs nothing written does not wait for whoever writes.
#[tokio::test]
async fn what_stands_is_answered_while_another_process_holds_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let store = SqliteStore::open(&path).await.expect("a store");
    let lease = granted(&store, &claim(1)).await;
    store.settle(&lease, &done()).await.expect("settle");
    granted(&store, &claim(2)).await;
    let other = Connection::open(&path).expect("the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let began = std::time::Instant::now();
    let replayed = store.claim(&claim(1)).await.expect("claim");
    assert!(matches!(replayed, Claimed::Stands(Standing::Recorded(_))), "{replayed:?}");
    let in_flight = store.claim(&claim(2)).await.expect("claim");
    assert!(matches!(in_flight, Claimed::Stands(Standing::InFlight(_))), "{in_flight:?}");
    assert!(matches!(store.begin(&claim(2)).await, Ok(Begun::Stands(Standing::InFlight(_)))));
    assert!(store.inspect(&claim(2).operation).await.expect("inspect").is_some());
    assert_eq!(store.recall(&claim(3)).await, Ok(None));
    assert!(began.elapsed() < TO_CLAIM, "{:?}", began.elapsed());
    other.execute_batch("ROLLBACK").expect("the lock is let go");
}

/// A claim whose caller has given it up would run out to "unknown", although nobody acted. What is to
/// be kept is kept.
#[tokio::test]
async fn nothing_is_claimed_for_a_caller_who_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let store = SqliteStore::open(&path).await.expect("a store");
    let lease = granted(&store, &claim(1)).await;
    let other = Connection::open(&path).expect("the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let (given_up, settlement) = (claim(2), done());
    let soon = Duration::from_millis(100);
    let (claimed, settled) = tokio::join!(
        tokio::time::timeout(soon, store.claim(&given_up)),
        tokio::time::timeout(soon, store.settle(&lease, &settlement)),
    );
    assert!(claimed.is_err() && settled.is_err(), "they wait");
    other.execute_batch("ROLLBACK").expect("the lock is let go");
    assert_eq!(store.inspect(&given_up.operation).await, Ok(None));
    let replayed = store.claim(&claim(1)).await.expect("claim");
    assert!(matches!(replayed, Claimed::Stands(Standing::Recorded(_))), "{replayed:?}");
}

/// The pace of the store. Not a test of anything: run it by name, with `--ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn pace() {
    let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("a folder");
    let store = SqliteStore::open(folder.path().join("guard.db")).await.expect("a store");
    for (tasks, each) in [(1_u64, 2_000_u64), (64, 500)] {
        let began = std::time::Instant::now();
        let run = (0..tasks).map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..each {
                    let mut id = [7; 32];
                    id[..8].copy_from_slice(&(task << 32 | number | tasks << 48).to_be_bytes());
                    id.rotate_left(usize::try_from(number % 13).expect("small"));
                    let claim = Claim { operation: OperationId::from_bytes(id), ..claim(1) };
                    let lease = granted(&store, &claim).await;
                    let body = Payload::from_bytes(vec![b'x'; 1024]);
                    let reply = StoredReply { body, is_error: false };
                    let retention = Retention { retain: TO_CLAIM, tombstone: TO_CLAIM };
                    let done = Settlement::Recorded { reply, acted: true, retention };
                    store.settle(&lease, &done).await.expect("settle");
                }
            })
        });
        futures_util::future::join_all(run.collect::<Vec<_>>()).await;
        let pairs = u32::try_from(tasks * each).expect("few");
        println!("{tasks} tasks: {:.0} pairs/s", f64::from(pairs) / began.elapsed().as_secs_f64());
    }
}
