//! TLS.

use guard_tests::services::redis::Redis;
use mcp_guard::{RedisStore, store::StoreError};

use crate::{answer, done};

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_server_is_used() {
    let Some(server) = Redis::start_with_tls() else { return };
    let options = RedisStore::options(server.tls_url()).root_certificate(server.authority());
    let store = options.connect().await.expect("a store");
    let claim = done(&store, 1).await;
    assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_verified_is_not_used() {
    let Some(server) = Redis::start_with_tls() else { return };
    let unknown = RedisStore::options(server.tls_url());
    // The certificate is for `localhost` alone.
    let other_name = server.tls_url().replace("localhost", "127.0.0.1");
    let misnamed = RedisStore::options(other_name).root_certificate(server.authority());
    for options in [unknown, misnamed] {
        match options.connect().await {
            Err(StoreError::Unavailable(why)) => assert!(why.contains("certificate"), "{why}"),
            other => panic!("taken: {other:?}"),
        }
    }
}
