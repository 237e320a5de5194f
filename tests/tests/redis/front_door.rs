//! The store behind a guard.

use std::fs;

use guard_tests::{in_process::InProcess, services::redis::Redis};
use mcp_guard::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{connect, traffic::Ear};

#[derive(Serialize, JsonSchema)]
struct Refund {
    text: String,
}

/// Refund an order.
#[guarded_tool(
    idempotent(key = [order_id]),
    budget(amount_cents <= 1000, per = "1h"),
    max_amount = 1000,
    any_caller
)]
async fn refund(
    /// Which order.
    order_id: String,
    /// How much.
    amount_cents: u64,
) -> Result<Refund, std::convert::Infallible> {
    Ok(Refund { text: format!("{amount_cents} for {order_id}") })
}

async fn session(server: &Redis) -> InProcess {
    let guard = Guard::builder()
        .store(connect(server).await)
        .identity(Caller::new("https://issuer.example", "subject-of-a-test").with_tenant("acme"))
        .tool::<refund>()
        .build()
        .expect("a guard");
    InProcess::open(guard).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_call_is_two_round_trips_and_a_replay_is_one() {
    let Some(server) = Redis::start() else { return };
    let mut session = session(&server).await;
    // The scripts are known from here on.
    let arguments = |order: &str, key: &str| json!({"order_id": order, "amount_cents": 5, "idempotency_key": key});
    session.call("refund", &arguments("ord_1", "a-first-key")).await;
    session.call("refund", &arguments("ord_1", "a-first-key")).await;
    let mut ear = Ear::on(&server);
    let fresh = session.call("refund", &arguments("ord_2", "a-second-key")).await;
    assert_eq!(fresh.result()["text"], "5 for ord_2");
    assert_eq!(ear.heard(&server), ["EVALSHA", "EVALSHA"]);
    let replay = session.call("refund", &arguments("ord_2", "a-second-key")).await;
    assert_eq!(replay.bytes(), fresh.bytes());
    assert_eq!(ear.heard(&server), ["EVALSHA"]);
    let duplicate = session.call("refund", &arguments("ord_2", "a-third-key")).await;
    assert_eq!(duplicate.bytes(), fresh.bytes());
    assert_eq!(ear.heard(&server), ["EVALSHA"]);
}

/// Neither the keys nor whoever sent them stand in Redis or its files.
#[tokio::test(flavor = "multi_thread")]
async fn a_dump_shows_no_key_and_no_principal() {
    let Some(mut server) = Redis::start() else { return };
    let mut session = session(&server).await;
    let arguments = json!({
        "order_id": "ord_1", "amount_cents": 5, "idempotency_key": "a-key-that-is-secret"
    });
    session.call("refund", &arguments).await;
    server.stop();
    let mut dump = Vec::new();
    for file in fs::read_dir(server.folder().join("appendonlydir")).expect("a folder") {
        dump.extend(fs::read(file.expect("a file").path()).expect("bytes"));
    }
    let holds = |text: &str| dump.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(holds("5 for ord_1"), "the answer is there, as no key to encrypt it is given");
    for secret in ["a-key-that-is-secret", "subject-of-a-test", "issuer.example", "acme"] {
        assert!(!holds(secret), "{secret} is in the files");
    }
}
