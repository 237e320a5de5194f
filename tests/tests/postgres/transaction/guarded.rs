//! Through the front door: a tool that writes to the database that holds its keys.

use guard_tests::{in_process::InProcess, services::postgres::Postgres};
use mcp_guard::prelude::*;
use serde_json::{Value, json};

use super::ledger;
use crate::connect;

#[derive(Debug, thiserror::Error, ToolError)]
enum RefundError {
    #[error("the order is closed")]
    #[tool_error(rejected, code = "closed", public)]
    Closed,
    #[error("the database failed")]
    #[tool_error(transient)]
    Database(#[from] mcp_guard::tokio_postgres::Error),
}

/// Refund an order.
#[guarded_tool(idempotent(store = "transaction"), any_caller)]
async fn refund(
    tx: &mut PgTransaction,
    /// Which.
    order_id: String,
) -> Result<u64, RefundError> {
    let written = tx.execute("INSERT INTO ledger VALUES ($1)", &[&order_id]).await?;
    if order_id == "closed" {
        return Err(RefundError::Closed);
    }
    if order_id == "broken" {
        tx.execute("SELECT 1/0", &[]).await?;
    }
    Ok(written)
}

const SUBJECT: &str = "very-private-subject@example.org";
const KEY: &str = "very-private-key-0001";

async fn wire(server: &Postgres) -> InProcess {
    let guard = Guard::builder()
        .store(connect(server).await)
        .identity(Caller::new("https://issuer.example", SUBJECT))
        .tool::<refund>()
        .build()
        .expect("a guard");
    InProcess::open(guard).await
}

async fn call(wire: &mut InProcess, key: &str, order: &str) -> Value {
    let arguments = json!({"order_id": order, "idempotency_key": key});
    let answer = wire.call("refund", &arguments).await;
    let answer: Value = serde_json::from_str(&answer.text).expect("JSON");
    answer["result"].clone()
}

fn entries(server: &Postgres) -> String {
    server.sql("SELECT string_agg(entry, ' ') FROM ledger")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_writes_once() {
    let Some((server, _)) = ledger().await else { return };
    let mut wire = wire(&server).await;
    let first = call(&mut wire, KEY, "ord_1").await;
    assert_eq!(first["structuredContent"], json!({"status": "ok", "result": 1}), "{first}");
    let again = call(&mut wire, KEY, "ord_1").await;
    assert_eq!(again["structuredContent"], first["structuredContent"]);
    assert_eq!(again["_meta"]["mcp-guard/replayed"], true, "{again}");
    assert_eq!(entries(&server), "ord_1");

    let refused = call(&mut wire, "another-key-0002", "closed").await;
    assert_eq!(refused["structuredContent"]["error"]["code"], "closed", "{refused}");
    let refused = call(&mut wire, "another-key-0002", "closed").await;
    assert_eq!(refused["_meta"]["mcp-guard/replayed"], true, "{refused}");

    let failed = call(&mut wire, "another-key-0003", "broken").await;
    assert_eq!(failed["structuredContent"]["error"]["category"], "transient", "{failed}");
    assert_eq!(entries(&server), "ord_1");
    let records = server.sql("SELECT count(*) FROM mcp_guard.operation WHERE state = 'recorded'");
    assert_eq!(records, "2");
}

/// Whoever reads the store's tables learns neither who calls nor by which key.
#[tokio::test(flavor = "multi_thread")]
async fn a_dump_shows_no_key_and_no_principal() {
    let Some((server, _)) = ledger().await else { return };
    let mut wire = wire(&server).await;
    call(&mut wire, KEY, "ord_1").await;
    let dump = server.dump();
    assert!(dump.contains("recorded") && dump.contains("ord_1"), "it is a dump");
    for secret in [KEY, SUBJECT, "issuer.example"] {
        let as_bytes = server.sql(&format!("SELECT encode('{secret}', 'hex')"));
        assert!(!dump.contains(secret) && !dump.contains(&as_bytes), "{secret}");
    }
}
