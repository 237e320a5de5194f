//! The store in Redis, against servers of its own.

mod concurrency;
mod durability;
mod failure;
mod front_door;
mod held;
mod numbers;
mod start;
mod sweep;
mod tls;
mod traffic;

use std::{sync::Arc, time::Duration};

use guard_tests::services::redis::Redis;
use mcp_guard::{
    ManualClock, RedisStore, Timestamp,
    store::{
        Claim, Claimed, Fenced, Fingerprint, Lease, OperationId, Payload, PrincipalId, Retention,
        Settlement, Standing, Store, StoredReply, conformance,
    },
};

const LEASE: Duration = Duration::from_secs(60);
const RETENTION: Retention =
    Retention { retain: Duration::from_secs(3600), tombstone: Duration::from_secs(3600) };

async fn connect(server: &Redis) -> RedisStore {
    RedisStore::options(server.url()).require_durable(true).connect().await.expect("a store")
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)))
}

/// An operation of this number.
fn operation(number: u64) -> OperationId {
    let mut id = [0xA5; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    OperationId::from_bytes(id)
}

fn claim_of(operation: OperationId) -> Claim {
    let principal = PrincipalId::from_bytes([1; 32]);
    Claim::new(operation, principal, Fingerprint::from_bytes([2; 32]), "refund", LEASE)
}

fn reply(text: &str) -> StoredReply {
    StoredReply { body: Payload::from_bytes(text.into()), is_error: false }
}

fn recorded(text: &str) -> Settlement {
    Settlement::Recorded { reply: reply(text), acted: true, retention: RETENTION }
}

async fn granted(store: &RedisStore, claim: &Claim) -> Lease {
    match store.claim(claim).await.expect("an answer") {
        Claimed::Granted(lease) => lease,
        Claimed::Stands(standing) => panic!("not granted: {standing:?}"),
    }
}

async fn done(store: &RedisStore, number: u64) -> Claim {
    let claim = claim_of(operation(number));
    let lease = granted(store, &claim).await;
    assert_eq!(store.settle(&lease, &recorded("done")).await, Ok(Fenced::Applied));
    claim
}

async fn answer(store: &RedisStore, claim: &Claim) -> Option<String> {
    match store.recall(claim).await.expect("an answer") {
        Some(Standing::Recorded(recorded)) => {
            Some(String::from_utf8(recorded.reply.body.into_bytes()).expect("text"))
        }
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_every_promise() {
    let Some(server) = Redis::start_with(&[("appendfsync", "no")]) else { return };
    let clock = clock();
    let store =
        RedisStore::connect_with_clock(&server.url(), clock.clone()).await.expect("a store");
    conformance::all(Arc::new(store), &clock).await;
}

/// Longer than [`conformance::all`] does, as the rules are written a second time here.
#[tokio::test(flavor = "multi_thread")]
async fn its_scripts_agree_with_the_rules() {
    let Some(server) = Redis::start_with(&[("appendfsync", "no")]) else { return };
    let clock = clock();
    let store =
        RedisStore::connect_with_clock(&server.url(), clock.clone()).await.expect("a store");
    for seed in 1000..1020 {
        conformance::agrees_with_the_rules(&store, &clock, seed, 500).await;
    }
}
