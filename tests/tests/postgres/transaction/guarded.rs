//! Through the front door: a tool that writes to the database that holds its keys.

use guard_tests::{in_process::InProcess, log::Log, services::postgres::Postgres};
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
    if order_id == "careless" {
        let _passed_over = tx.execute("SELECT 1/0", &[]).await;
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

/// What is wrong is found when the body has ended, which was told that all is well.
const LATE: &str = "
    ALTER TABLE ledger ADD UNIQUE (entry) DEFERRABLE INITIALLY DEFERRED;
    CREATE FUNCTION judge() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        CASE NEW.entry
            WHEN 'raised' THEN RAISE EXCEPTION 'canary of the trigger';
            WHEN 'missing' THEN PERFORM * FROM nowhere;
            WHEN 'locked' THEN RAISE EXCEPTION 'canary of the lock' USING ERRCODE = '55P03';
            ELSE NULL;
        END CASE;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION judge();
    INSERT INTO ledger VALUES ('twice')";

/// It is certain that nothing was done, and of no use to repeat it: neither `unknown` nor `transient`.
#[tokio::test]
async fn a_commit_that_is_refused_is_a_defect_and_did_nothing() {
    let Some((server, _)) = ledger().await else { return };
    let log = Log::keep();
    drop(server.sql(LATE));
    let mut wire = wire(&server).await;
    for (order, code) in
        [("twice", "23505"), ("raised", "P0001"), ("missing", "42P01"), ("careless", "25P02")]
    {
        let key = format!("the-key-of-{order}");
        let refused = call(&mut wire, &key, order).await;
        let error = &refused["structuredContent"]["error"];
        assert_eq!(error["category"], "internal", "{order}: {refused}");
        assert_eq!(
            (&error["code"], &error["retryable"]),
            (&json!("commit_refused"), &json!(false))
        );
        assert!(error["message"].as_str().is_some_and(|said| said.ends_with("Nothing was done.")));
        assert!(!refused.to_string().contains("canary"), "{refused}");
        let id = error["error_id"].as_str().expect("an id");
        assert!(log.lines("WARN", id).iter().any(|line| line.contains(code)), "{order}: {code}");
        assert_eq!(entries(&server), "twice", "{order}");
        // Not even the key remembers it.
        let done = call(&mut wire, &key, &format!("mended_{order}")).await;
        assert_eq!(done["structuredContent"]["status"], "ok", "{done}");
        drop(server.sql(&format!("DELETE FROM ledger WHERE entry = 'mended_{order}'")));
    }
    // What was in the way may be gone the next time.
    let failed = call(&mut wire, "the-key-of-locked", "locked").await;
    let error = &failed["structuredContent"]["error"];
    assert_eq!((&error["category"], &error["retryable"]), (&json!("transient"), &json!(true)));
    assert_eq!(entries(&server), "twice");
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
