//! What goes over the wire. The counting tests run on one thread: what is sent at once is one packet
//! there.

mod proxy;

use guard_tests::services::postgres::Postgres;
use mcp_guard::{
    PostgresStore,
    store::{
        Begun, BusinessKey, Claimed, Finish, MeterId, Payload, Reservation, Settlement, Standing,
        Store, StoredReply, Transactions as _,
    },
};
use proxy::Proxy;

use crate::{LEASE, RETENTION, claim_of, connect, granted, operation, recorded};

async fn through(proxy: &Proxy) -> PostgresStore {
    let url = Postgres::url_at(proxy.port());
    PostgresStore::options(&url).connections(1).connect().await.expect("a store")
}

/// A call of a tool that is new costs two round trips, one that is repeated one.
#[tokio::test]
async fn each_operation_is_one_round_trip() {
    let Some(server) = Postgres::start() else { return };
    let proxy = Proxy::before(server.port()).await;
    let store = through(&proxy).await;
    // From the first operation on: everything is prepared when the connection is made.
    let reservation =
        Reservation { meter: MeterId::from_bytes([3; 32]), amount: 1, cap: 10, window: LEASE };
    let claim = claim_of(operation(1))
        .with_business(Some(BusinessKey::from_bytes([4; 32])))
        .with_reservations(vec![reservation]);
    proxy.reset();
    let lease = granted(&store, &claim).await;
    assert_eq!(proxy.round_trips(), 1, "a claim");
    store.settle(&lease, &recorded("done")).await.expect("settled");
    assert_eq!(proxy.round_trips(), 2, "a fresh call: a claim and a settlement");

    proxy.reset();
    assert!(matches!(store.recall(&claim).await, Ok(Some(Standing::Recorded(_)))));
    assert_eq!(proxy.round_trips(), 1, "a replay");

    let claim = claim_of(operation(2)).with_tentative(true);
    proxy.reset();
    assert_eq!(store.recall(&claim).await, Ok(None));
    let lease = granted(&store, &claim).await;
    store.renew(&lease).await.expect("renewed");
    store.dispatch(&lease).await.expect("dispatched");
    store.settle(&lease, &Settlement::Unknown).await.expect("settled");
    store.resolve(&lease.attempt, &recorded("done")).await.expect("resolved");
    store.inspect(&claim.operation).await.expect("inspected");
    store.unresolved(None, 10).await.expect("listed");
    store.secret().await.expect("a secret");
    assert_eq!(proxy.round_trips(), 9);
}

/// A call in a transaction: begin and claim, settle, commit.
#[tokio::test]
async fn a_transaction_is_three_round_trips() {
    let Some(server) = Postgres::start() else { return };
    let proxy = Proxy::before(server.port()).await;
    let store = through(&proxy).await;
    proxy.reset();
    let claim = claim_of(operation(1));
    let Ok(Begun::Granted(_, open)) = store.begin(&claim).await else { panic!("not granted") };
    assert_eq!(proxy.round_trips(), 1);
    open.finish(Finish::Commit(recorded("done"))).await.expect("committed");
    assert_eq!(proxy.round_trips(), 3);
    // The connection went back to the pool as it was: nothing has to be prepared again.
    assert!(matches!(store.claim(&claim).await, Ok(Claimed::Stands(Standing::Recorded(_)))));
    assert_eq!(proxy.round_trips(), 4);
}

/// Every byte, in answers and arguments.
#[tokio::test(flavor = "multi_thread")]
async fn payloads_are_kept_byte_for_byte() {
    let Some(server) = Postgres::start() else { return };
    let store = connect(&server).await;
    let all = Payload::from_bytes((0..=255).cycle().take(70_000).collect());
    let claim = claim_of(operation(1)).with_arguments(Some(all.clone()));
    let lease = granted(&store, &claim).await;
    let found = store.inspect(&claim.operation).await.expect("ok").expect("a record");
    assert_eq!(found.record.arguments, Some(all.clone()));
    let reply = StoredReply { body: all, is_error: true };
    let settlement =
        Settlement::Recorded { reply: reply.clone(), acted: true, retention: RETENTION };
    store.settle(&lease, &settlement).await.expect("settled");
    match store.recall(&claim).await {
        Ok(Some(Standing::Recorded(recorded))) => assert_eq!(recorded.reply, reply),
        other => panic!("not replayed: {other:?}"),
    }
}
