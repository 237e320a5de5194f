//! A server that goes away, comes back, hangs, or forgets its scripts.

use std::time::{Duration, Instant};

use guard_tests::services::redis::Redis;
use mcp_guard::{
    RedisStore,
    store::{Fenced, Settlement, Store, StoreError},
};

use crate::{answer, claim_of, connect, done, granted, operation, recorded};

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_store_does_not_notice_a_restart() {
    let Some(mut server) = Redis::start() else { return };
    let store = connect(&server).await;
    let claim = done(&store, 1).await;
    server.restart();
    // The end of the connection is known before the next call is sent on it.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_down_calls_fail_soon_and_then_go_on() {
    let Some(mut server) = Redis::start() else { return };
    let store = connect(&server).await;
    let lease = granted(&store, &claim_of(operation(1))).await;
    server.kill();
    let since = Instant::now();
    for _ in 0..20 {
        let answer = store.settle(&lease, &recorded("done")).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    server.restart();
    assert_eq!(store.settle(&lease, &recorded("done")).await, Ok(Fenced::Applied));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_given_up_in_time() {
    let Some(server) = Redis::start() else { return };
    let patience = Duration::from_millis(500);
    let options = RedisStore::options(server.url()).operation_timeout(patience);
    let store = options.connect_timeout(patience).connect().await.expect("a store");
    let lease = granted(&store, &claim_of(operation(1))).await;
    server.freeze();
    let since = Instant::now();
    let settlements = (0..50).map(|_| store.settle(&lease, &Settlement::Unknown));
    for answer in futures_util::future::join_all(settlements).await {
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    assert!(since.elapsed() < patience * 3, "{:?}", since.elapsed());
    server.thaw();
    assert_eq!(store.settle(&lease, &recorded("done")).await, Ok(Fenced::Applied));
}

/// A caller that waits for less than the store does must not leave a dead connection behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_a_caller_gave_up_is_replaced() {
    let Some(server) = Redis::start() else { return };
    let store = connect(&server).await;
    let claim = done(&store, 1).await;
    let before = connections(&server);
    server.freeze();
    let impatient = tokio::time::timeout(Duration::from_millis(400), store.recall(&claim));
    assert!(impatient.await.is_err(), "a frozen server answered");
    server.thaw();
    assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
    assert_eq!(connections(&server) - before, 2, "one anew, and the one that asks");
}

fn connections(server: &Redis) -> u64 {
    let info = server.send(&["INFO", "stats"]);
    let line = info.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
    line.expect("a count").trim().parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_the_server_forgot_are_sent_again() {
    let Some(server) = Redis::start() else { return };
    let store = connect(&server).await;
    for number in 0..20 {
        assert_eq!(server.send(&["SCRIPT", "FLUSH"]).trim(), "OK");
        let claim = claim_of(operation(number));
        let lease = granted(&store, &claim).await;
        server.send(&["SCRIPT", "FLUSH"]);
        assert_eq!(store.settle(&lease, &recorded("done")).await, Ok(Fenced::Applied));
        assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
    }
}

/// Without memory, nothing is claimed. What is claimed comes to its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_refuses_claims_and_takes_outcomes() {
    let Some(server) = Redis::start() else { return };
    let store = connect(&server).await;
    let claim = claim_of(operation(1)).with_tentative(true);
    let lease = granted(&store, &claim).await;
    server.send(&["CONFIG", "SET", "maxmemory", "1"]);
    let refused = store.claim(&claim_of(operation(2))).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(store.inspect(&operation(2)).await, Ok(None), "a part of a claim");
    assert_eq!(store.renew(&lease).await, Ok(Fenced::Applied));
    assert_eq!(store.dispatch(&lease).await, Ok(Fenced::Applied));
    assert_eq!(store.settle(&lease, &recorded("done")).await, Ok(Fenced::Applied));
    assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
    server.send(&["CONFIG", "SET", "maxmemory", "0"]);
    granted(&store, &claim_of(operation(2))).await;
}

/// After a failover, what was the primary may answer as a replica.
#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_became_a_replica_is_left() {
    let Some(server) = Redis::start() else { return };
    let store = connect(&server).await;
    let lease = granted(&store, &claim_of(operation(1))).await;
    server.send(&["REPLICAOF", "127.0.0.1", "1"]);
    let first = store.settle(&lease, &recorded("done")).await;
    assert!(matches!(first, Err(StoreError::Unavailable(_))), "{first:?}");
    match store.settle(&lease, &recorded("done")).await {
        Err(StoreError::Unusable(why)) => assert!(why.contains("replica"), "{why}"),
        other => panic!("taken: {other:?}"),
    }
    server.send(&["REPLICAOF", "NO", "ONE"]);
    assert_eq!(store.settle(&lease, &recorded("done")).await, Ok(Fenced::Applied));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_not_whole_is_refused_and_nothing_is_done() {
    let Some(server) = Redis::start() else { return };
    let store = connect(&server).await;
    let claim = done(&store, 1).await;
    let keys = server.send(&["KEYS", "{mcp-guard}:operation:*"]);
    let key = keys.trim();
    for field in ["acted", "forget_at", "fingerprint", "state"] {
        let kept = server.send(&["HGET", key, field]);
        server.send(&["HDEL", key, field]);
        let before = server.send(&["HGETALL", key]);
        for answer in [store.claim(&claim).await.map(drop), store.recall(&claim).await.map(drop)] {
            assert!(matches!(answer, Err(StoreError::Unreadable(_))), "{field}: {answer:?}");
        }
        assert_eq!(server.send(&["HGETALL", key]), before);
        server.send(&["HSET", key, field, kept.trim()]);
    }
    assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
}

/// Whether a script finds out or whoever reads its answer, and whatever the key holds.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_read_is_listed_as_such() {
    let Some(server) = Redis::start() else { return };
    let store = connect(&server).await;
    for number in 1..=4 {
        let lease = granted(&store, &claim_of(operation(number))).await;
        store.settle(&lease, &Settlement::Unknown).await.expect("settled");
    }
    let key = |number| format!("{{mcp-guard}}:operation:{}", operation(number));
    server.send(&["HDEL", &key(1), "since"]);
    server.send(&["HSET", &key(2), "principal", "zz"]);
    server.send(&["SET", &key(3), "no hash"]);
    let listed = store.unresolved(None, 10).await.expect("a list");
    assert_eq!(listed.len(), 4);
    for (number, why) in [(1, "has no since"), (2, ""), (3, "WRONGTYPE")] {
        let found = &listed[usize::try_from(number).expect("small") - 1];
        let unreadable = found.as_ref().expect_err("it cannot be read");
        assert_eq!(unreadable.operation, operation(number));
        assert!(unreadable.why.contains(why), "{unreadable}");
    }
    assert_eq!(listed[3].as_ref().map(|found| found.operation), Ok(operation(4)));
}
