//! The store on PostgreSQL, against servers of its own.

mod concurrency;
mod failure;
mod migration;
mod sweep;
mod tls;
mod traffic;
mod transaction;

use std::sync::Arc;

use guard_tests::{
    asking::{
        LEASE, RETENTION, answer, claim_of, clock, done, granted, operation, recorded, reply,
    },
    services::postgres::Postgres,
};
use mcp_guard::{
    PostgresStore,
    store::conformance,
    tokio_postgres::{self, Client, NoTls},
};

async fn connect(server: &Postgres) -> PostgresStore {
    PostgresStore::connect(&server.url()).await.expect("a store")
}

/// A connection that is nobody's but the test's.
async fn admin(server: &Postgres) -> Client {
    let (client, connection) =
        tokio_postgres::connect(&server.url(), NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_every_promise() {
    let Some(server) = Postgres::start() else { return };
    let clock = clock();
    let store = PostgresStore::connect_with_clock(&server.url(), clock.clone()).await;
    conformance::all(Arc::new(store.expect("a store")), &clock).await;
}

/// Longer than [`conformance::all`] does, as the rules are written a second time here.
#[tokio::test(flavor = "multi_thread")]
async fn its_functions_agree_with_the_rules() {
    let Some(server) = Postgres::start_with(&[("fsync", "off")]) else { return };
    let clock = clock();
    let store = PostgresStore::connect_with_clock(&server.url(), clock.clone()).await;
    let store = store.expect("a store");
    for seed in 1000..1020 {
        conformance::agrees_with_the_rules(&store, &clock, seed, 500).await;
    }
}
