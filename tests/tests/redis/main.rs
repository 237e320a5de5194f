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

use std::sync::Arc;

use guard_tests::{
    asking::{
        LEASE, RETENTION, answer, claim_of, clock, done, granted, operation, recorded, reply,
    },
    services::redis::Redis,
};
use mcp_guard::{RedisStore, store::conformance};

async fn connect(server: &Redis) -> RedisStore {
    RedisStore::options(server.url()).require_durable(true).connect().await.expect("a store")
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
