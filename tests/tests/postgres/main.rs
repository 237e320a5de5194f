//! The store on PostgreSQL, against servers of its own.

mod concurrency;
mod failure;
mod migration;
mod sweep;
mod tls;
mod traffic;
mod transaction;

use std::{sync::Arc, time::Duration};

use guard_tests::services::postgres::Postgres;
use mcp_guard::{
    ManualClock, PostgresStore, Timestamp,
    store::{
        Claim, Claimed, Fenced, Fingerprint, Lease, OperationId, Payload, PrincipalId, Retention,
        Settlement, Standing, Store, StoredReply, conformance,
    },
    tokio_postgres::{self, Client, NoTls},
};

const LEASE: Duration = Duration::from_secs(60);
const RETENTION: Retention =
    Retention { retain: Duration::from_secs(3600), tombstone: Duration::from_secs(3600) };

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

async fn granted(store: &PostgresStore, claim: &Claim) -> Lease {
    match store.claim(claim).await.expect("an answer") {
        Claimed::Granted(lease) => lease,
        Claimed::Stands(standing) => panic!("not granted: {standing:?}"),
    }
}

async fn done(store: &PostgresStore, number: u64) -> Claim {
    let claim = claim_of(operation(number));
    let lease = granted(store, &claim).await;
    assert_eq!(store.settle(&lease, &recorded("done")).await, Ok(Fenced::Applied));
    claim
}

async fn answer(store: &PostgresStore, claim: &Claim) -> Option<String> {
    match store.recall(claim).await.expect("an answer") {
        Some(Standing::Recorded(recorded)) => {
            Some(String::from_utf8(recorded.reply.body.into_bytes()).expect("text"))
        }
        _ => None,
    }
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
