//! What is refused, and what is said, when a store is opened.

use guard_tests::services::redis::Redis;
use mcp_guard::{
    RedisStore,
    store::{Store, StoreError},
};

use crate::{answer, connect, done};

async fn refused(options: mcp_guard::store::RedisOptions) -> String {
    match options.connect().await {
        Err(StoreError::Unusable(why)) => why,
        other => panic!("taken: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_evicts_claims_is_refused() {
    for policy in ["allkeys-lru", "volatile-ttl"] {
        let Some(server) = Redis::start_with(&[("maxmemory-policy", policy)]) else { return };
        let why = refused(RedisStore::options(server.url())).await;
        assert!(why.contains(policy) && why.contains("`maxmemory-policy noeviction`"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgets_in_a_crash_is_refused_where_that_is_asked_for() {
    let forgetful = [
        ("appendonly", "no", "`appendonly yes`"),
        ("appendfsync", "everysec", "`appendfsync always`"),
        ("no-appendfsync-on-rewrite", "yes", "`no-appendfsync-on-rewrite no`"),
    ];
    for (name, value, wanted) in forgetful {
        let Some(server) = Redis::start_with(&[(name, value)]) else { return };
        let why = refused(RedisStore::options(server.url()).require_durable(true)).await;
        assert!(why.contains(wanted), "{why}");
        RedisStore::connect(&server.url()).await.expect("otherwise a warning");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_tell_its_settings_is_judged_by_what_it_tells() {
    let hidden = [("rename-command", "CONFIG ")];
    let Some(server) = Redis::start_with(&hidden) else { return };
    RedisStore::connect(&server.url()).await.expect("a store");
    let why = refused(RedisStore::options(server.url()).require_durable(true)).await;
    assert!(why.contains("`appendfsync`") && !why.contains("`appendonly`"), "{why}");
    let evicting = [("rename-command", "CONFIG "), ("maxmemory-policy", "allkeys-lfu")];
    let Some(server) = Redis::start_with(&evicting) else { return };
    let why = refused(RedisStore::options(server.url())).await;
    assert!(why.contains("allkeys-lfu"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_refused() {
    let Some(primary) = Redis::start() else { return };
    let of = format!("127.0.0.1 {}", primary.port());
    let Some(replica) = Redis::start_with(&[("replicaof", &of)]) else { return };
    let why = refused(RedisStore::options(replica.url())).await;
    assert!(why.contains("primary"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_is_refused() {
    let Some(server) = Redis::start() else { return };
    let store = connect(&server).await;
    let claim = done(&store, 1).await;
    let identity = server.send(&["GET", "{mcp-guard}:store"]);
    let newer = identity.trim().replacen('1', "2", 1);
    server.send(&["SET", "{mcp-guard}:store", &newer]);
    let why = refused(RedisStore::options(server.url())).await;
    assert!(why.contains("version 2"), "{why}");
    // Whoever runs while another one migrates stops.
    let late = store.recall(&claim).await;
    assert!(matches!(late, Err(StoreError::Unusable(_))), "{late:?}");
    server.send(&["SET", "{mcp-guard}:store", "somebody else's"]);
    let why = refused(RedisStore::options(server.url())).await;
    assert!(why.contains("another prefix"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deployments_with_prefixes_of_their_own_share_a_server() {
    let Some(server) = Redis::start() else { return };
    let one = connect(&server).await;
    let other = RedisStore::options(server.url()).prefix("acme").connect().await.expect("a store");
    let claim = done(&one, 1).await;
    assert_eq!(answer(&other, &claim).await, None);
    assert_ne!(
        one.secret().await.expect("a secret").expose(),
        other.secret().await.expect("a secret").expose()
    );
    let keys = server.send(&["KEYS", "*"]);
    let ours = |key: &str| key.starts_with("{mcp-guard}:") || key.starts_with("{acme}:");
    assert!(keys.lines().all(ours), "{keys}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_say_what_to_write() {
    let url = "redis://127.0.0.1:1";
    let wrong = [
        (RedisStore::options(url).prefix("a{b}"), "letters"),
        (RedisStore::options(url).prefix(""), "letters"),
        (RedisStore::options(url).max_in_flight(0), "in flight"),
        (RedisStore::options(url).operation_timeout(std::time::Duration::ZERO), "longer"),
        (RedisStore::options(url).root_certificate("pem"), "rediss://"),
        (RedisStore::options("http://:secret@host"), "redis://"),
        (RedisStore::options("rediss://host/#insecure"), "remove it"),
    ];
    for (options, word) in wrong {
        assert!(!format!("{options:?}").contains("secret"));
        let why = refused(options).await;
        assert!(why.contains(word) && !why.contains("secret"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_without_showing_it() {
    let Some(server) = Redis::start_with(&[("requirepass", "right")]) else { return };
    let with = |password: &str| server.url().replace("//", &format!("//:{password}@"));
    RedisStore::connect(&with("right")).await.expect("a store");
    let why = refused(RedisStore::options(with("hunter2"))).await;
    assert!(!why.contains("hunter2"), "{why}");
}
