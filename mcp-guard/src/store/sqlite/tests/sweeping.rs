//! What is dropped, and what stays.

use super::*;
use crate::store::{
    BusinessKey, MeterId, Reservation,
    sqlite::{file, sweep::sweep, writer},
};

fn count(file: &Connection, what: &str, table: &str) -> i64 {
    let count = format!("SELECT count({what}) FROM mcp_guard_{table}");
    file.query_row(&count, [], |row| row.get(0)).expect("a count")
}

fn taking(claim: Claim) -> Claim {
    let reservation = Reservation {
        meter: MeterId::from_bytes([1; 32]),
        amount: 1,
        cap: 100,
        window: Duration::from_secs(100),
    };
    claim.with_reservations(vec![reservation])
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
        let lease = granted(&store, &taking(claim(byte))).await;
        store.settle(&lease, &settlement).await.expect("settle");
    }
    granted(&store, &taking(claim(4))).await;
    granted(&store, &taking(claim(5)).with_tentative(true)).await;
    let file = Connection::open(&path).expect("the file");
    let counts = || {
        let operations = count(&file, "*", "operation");
        (operations, count(&file, "reply", "operation"), count(&file, "*", "reservation"))
    };
    assert_eq!(counts(), (5, 2, 5));
    sweep(&file, NOW.after(Duration::from_secs(10)), 100).expect("sweep");
    assert_eq!(counts(), (5, 1, 5), "a body that expired is dropped, its key is not");
    sweep(&file, NOW.after(Duration::from_secs(60)), 100).expect("sweep");
    assert_eq!(counts(), (4, 1, 4), "a tentative claim that lapsed is dropped, and what it held");
    sweep(&file, NOW.after(Duration::from_secs(99)), 100).expect("sweep");
    assert_eq!(counts(), (4, 1, 4), "what counts in its window stays");
    sweep(&file, NOW.after(Duration::from_secs(100)), 100).expect("sweep");
    assert_eq!(counts(), (3, 1, 3), "and goes with it");
    sweep(&file, NOW.after(Duration::from_secs(5000)), 100).expect("sweep");
    assert_eq!(counts(), (2, 0, 2), "unknown and claimed operations stay, and what they hold");
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
async fn a_clock_that_panics_ends_no_sweep() {
    let folder = tempfile::tempdir().expect("a folder");
    let (connection, _) =
        file::open(&folder.path().join("guard.db"), &SystemClock).expect("the file");
    let clock = Broken(1.into());
    assert!(!writer::sweep_some(&connection, &clock), "it panics");
    assert!(!writer::sweep_some(&connection, &clock), "there is nothing");
}

/// The rules never let two operations hold one business key. If they did, the file would refuse.
#[tokio::test]
async fn the_file_refuses_a_second_holder_of_a_business_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.db");
    let clock = Arc::new(ManualClock::new(NOW));
    let store = SqliteStore::open_with_clock(&path, clock.clone()).await.expect("a store");
    let business = Some(BusinessKey::from_bytes([1; 32]));
    granted(&store, &claim(1).with_business(business)).await;
    granted(&store, &claim(2)).await;
    let file = Connection::open(&path).expect("the file");
    let forced = "UPDATE mcp_guard_operation SET business = x'01'";
    assert!(file.execute(forced, []).is_err());
    // A tentative claim that lapsed and is not swept yet stands in nobody's way.
    let other = Some(BusinessKey::from_bytes([2; 32]));
    granted(&store, &taking(claim(3).with_business(other).with_tentative(true))).await;
    clock.advance(Duration::from_secs(60));
    granted(&store, &claim(4).with_business(other)).await;
    assert_eq!(store.inspect(&claim(3).operation).await, Ok(None));
    assert_eq!(count(&file, "*", "reservation"), 0);
}
