//! What a killed server has acknowledged is there when it comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use guard_tests::services::redis::Redis;
use mcp_guard::{
    RedisStore,
    store::{Claimed, Store, StoreError, record::State},
};

use crate::{claim_of, connect, operation, recorded};

/// How far an operation has come, as its caller was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Claimed,
    Settled,
}

/// Claims and settles until the server is gone. Gives back all that was acknowledged.
async fn work(
    store: RedisStore,
    numbers: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
) -> Vec<(u64, Told)> {
    let mut told = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let number = numbers.fetch_add(1, Ordering::SeqCst);
        let Ok(Claimed::Granted(lease)) = store.claim(&claim_of(operation(number))).await else {
            continue;
        };
        let settled = store.settle(&lease, &recorded(&number.to_string())).await;
        told.push((number, if settled.is_ok() { Told::Settled } else { Told::Claimed }));
    }
    told
}

async fn check(store: &RedisStore, told: &[(u64, Told)]) {
    for (number, told) in told {
        let found = store.inspect(&operation(*number)).await.expect("an answer");
        let found = found.unwrap_or_else(|| panic!("operation {number} was {told:?} and is lost"));
        match &found.record.state {
            State::Recorded { reply, .. } => {
                assert_eq!(reply.body.as_bytes(), number.to_string().as_bytes());
            }
            state => assert_eq!(*told, Told::Claimed, "operation {number} is {state:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_keeps_all_that_it_acknowledged() {
    let Some(mut server) = Redis::start() else { return };
    let store = connect(&server).await;
    let numbers = Arc::new(AtomicU64::new(0));
    for round in 0..8 {
        let over = Arc::new(AtomicBool::new(false));
        let before = numbers.load(Ordering::SeqCst);
        let tasks: Vec<_> = (0..16)
            .map(|_| tokio::spawn(work(store.clone(), numbers.clone(), over.clone())))
            .collect();
        // However slow the machine is, some are done by then, and some are in the middle.
        while numbers.load(Ordering::SeqCst) < before + 64 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(17 * round)).await;
        server.kill();
        over.store(true, Ordering::SeqCst);
        let mut told = Vec::new();
        for task in tasks {
            told.extend(task.await.expect("no panic"));
        }
        assert!(told.len() > 16, "only {} operations before the server was killed", told.len());
        server.restart();
        check(&store, &told).await;
    }
}

/// An append-only file that ends in the middle of a script's writes holds none of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_file_holds_whole_operations_alone() {
    let Some(mut server) = Redis::start() else { return };
    let store = connect(&server).await;
    let claim = claim_of(operation(1));
    let Ok(Claimed::Granted(lease)) = store.claim(&claim).await else { panic!("not granted") };
    let before = appended(&server).metadata().expect("a file").len();
    store.settle(&lease, &recorded("done")).await.expect("settled");
    server.kill();
    let file = appended(&server);
    let after = file.metadata().expect("a file").len();
    assert!(after > before + 40);
    let whole = std::fs::read(file.path()).expect("bytes");
    for end in (before..after).step_by(13) {
        let end = usize::try_from(end).expect("small");
        std::fs::write(file.path(), &whole[..end]).expect("written");
        server.restart();
        let found = store.inspect(&operation(1)).await.expect("an answer").expect("a record");
        assert!(matches!(found.record.state, State::Claimed { .. }), "cut at {end}: {found:?}");
        let open = store.unresolved(None, 10).await;
        assert_eq!(open, Ok(Vec::new()), "its lease stands");
        server.kill();
    }
}

/// The part of the append-only file that is written to.
fn appended(server: &Redis) -> std::fs::DirEntry {
    let folder = server.folder().join("appendonlydir");
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file"));
    let mut parts = files.filter(|file| file.file_name().to_string_lossy().ends_with(".incr.aof"));
    parts.next().expect("a part")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_lost_its_records_is_not_used_by_who_knew_it() {
    let Some(mut server) = Redis::start_with(&[("appendonly", "no")]) else { return };
    let store = RedisStore::connect(&server.url()).await.expect("a store");
    store.claim(&claim_of(operation(1))).await.expect("claimed");
    // Emptied under a live connection, and by a restart without files.
    server.send(&["FLUSHALL"]);
    refuses(&store).await;
    server.kill();
    server.restart();
    refuses(&store).await;
    // Another process makes it anew. That does not bring the records back.
    let anew = RedisStore::connect(&server.url()).await.expect("a store");
    anew.claim(&claim_of(operation(1))).await.expect("claimed");
    refuses(&store).await;
}

async fn refuses(store: &RedisStore) {
    match store.claim(&claim_of(operation(2))).await {
        Err(StoreError::Unusable(why)) => assert!(why.contains("are gone"), "{why}"),
        other => panic!("taken: {other:?}"),
    }
}
