//! Scopes that include others: every place that asks what a caller holds gives one answer.

use std::convert::Infallible;

use guard_tests::wire::Wire;
use mcp_guard::{MemoryStore, ScopeHierarchy, prelude::*};
use serde_json::{Value, json};

/// Read.
#[guarded_tool(read_only, scope = "refunds:read")]
async fn read(caller: &Caller) -> Result<Vec<String>, Infallible> {
    Ok(caller.scopes().map(str::to_owned).collect())
}

/// Write.
#[guarded_tool(
    idempotent,
    scope("refunds:read", "refunds:write"),
    limit(amount <= 10),
    limit(amount <= 100, scope = "refunds:large")
)]
async fn write(
    /// How much.
    amount: u64,
) -> Result<u64, Infallible> {
    Ok(amount)
}

fn builder(scopes: ScopeHierarchy) -> GuardBuilder {
    let builder = Guard::builder().store(MemoryStore::new().expect("a store"));
    builder.scopes(scopes).hide_unauthorized().tool::<read>().tool::<write>()
}

/// A connection of a caller with these scopes.
async fn as_holder(scopes: &[&str]) -> Wire {
    let hierarchy = ScopeHierarchy::new()
        .includes("refunds:admin", ["refunds:write", "refunds:large"])
        .includes("refunds:write", ["refunds:read"]);
    let caller = Caller::local("agent").with_scopes(scopes.iter().copied());
    Wire::within(builder(hierarchy).identity(caller).build().expect("a guard")).await
}

fn written(amount: u64) -> Value {
    json!({"amount": amount, "idempotency_key": format!("a-key-for-{amount}")})
}

async fn names(wire: &Wire) -> Vec<Value> {
    wire.tools().await.iter().map(|tool| tool["name"].clone()).collect()
}

#[tokio::test]
async fn a_scope_opens_lists_and_lifts_what_it_includes() {
    let admin = as_holder(&["refunds:admin"]).await;
    assert_eq!(names(&admin).await, ["operation_status", "read", "write"]);
    assert_eq!(admin.call("write", written(100)).await.result(), 100, "the higher tier is theirs");
    let seen = admin.call("read", json!({})).await.result();
    let all = ["refunds:admin", "refunds:large", "refunds:read", "refunds:write"];
    assert_eq!(seen, json!(all), "and the tool sees the same");
    let asked = json!({"tool": "write", "idempotency_key": "a-key-for-100"});
    assert_eq!(admin.call("operation_status", asked).await.result()["operation"], "done");

    let writer = as_holder(&["refunds:write"]).await;
    assert_eq!(writer.call("write", written(10)).await.result(), 10);
    let beyond = writer.call("write", written(11)).await;
    assert_eq!(beyond.error().1, "limit_exceeded", "{beyond:?}");
}

#[tokio::test]
async fn what_is_included_does_not_include_back() {
    let reader = as_holder(&["refunds:read"]).await;
    assert_eq!(names(&reader).await, ["operation_status", "read"]);
    assert!(reader.call("write", written(1)).await.message()["error"].is_object());
    assert_eq!(reader.call("read", json!({})).await.result(), json!(["refunds:read"]));
}

#[test]
fn every_mistake_in_a_hierarchy_is_told() {
    let scopes = ScopeHierarchy::new()
        .includes("refunds:write", ["refunds:read", "refunds:raed"])
        .includes("refunds:read", ["refunds:write"])
        .includes("not a scope", ["refunds:read"]);
    let mistakes = builder(scopes).build().err().expect("mistakes").to_string();
    for mistake in [
        "`refunds:write` includes itself",
        "`refunds:read` includes itself",
        "`refunds:raed`, which no tool asks for",
        "\"not a scope\", which is none",
    ] {
        assert!(mistakes.contains(mistake), "{mistake}: {mistakes}");
    }
}
