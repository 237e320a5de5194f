//! Clients that nobody here wrote: each lists, calls, repeats a call, is denied and fails, and reads
//! every answer without complaint.

use std::path::Path;

use guard_tests::{
    answer::envelope_of,
    clients::{Client, provided, run},
    fixture::{Fixture, executable},
    server::{AGENT_TOKEN, INTRUDER_TOKEN, Transport},
    wire::{Version, Wire},
};
use serde_json::{Value, json};

fn calls() -> Value {
    let refund = |amount_cents: u64, order_id: &str, key: &str| {
        json!({
            "order_id": order_id, "amount_cents": amount_cents, "reason": "late",
            "idempotency_key": key,
        })
    };
    let first = refund(500, "ord_8821", "the-clients-key");
    json!([
        {"id": "first", "tool": "create_refund", "arguments": first},
        {"id": "replay", "tool": "create_refund", "arguments": first},
        {"id": "conflict", "tool": "create_refund", "arguments": refund(501, "ord_8821", "the-clients-key")},
        {"id": "limit", "tool": "create_refund", "arguments": refund(60000, "ord_8821", "another-key")},
        {"id": "refused", "tool": "create_refund", "arguments": refund(5, "ord_missing", "a-third-key")},
        {"id": "unknown", "tool": "lose_the_answer",
            "arguments": {"order_id": "ord_8821", "idempotency_key": "a-fourth-key"}},
        {"id": "defect", "tool": "break_down", "arguments": {"order_id": "ord_8821"}},
        {"id": "read", "tool": "get_order",
            "arguments": {"order_id": "ord_8821", "include": {"refunds": true}}},
        {"id": "absent", "tool": "delete_refund", "arguments": {}},
    ])
}

/// What a client said of one call.
fn called<'a>(said: &'a [Value], id: &str) -> &'a Value {
    let call = said.iter().find(|line| line["said"] == "called" && line["id"] == id);
    call.unwrap_or_else(|| panic!("nothing was said of {id}: {said:#?}"))
}

fn envelope(said: &[Value], id: &str) -> Value {
    let call = called(said, id);
    assert!(call.get("error").is_none(), "the client complains: {call}");
    envelope_of(&call["result"]).unwrap_or_else(|fault| panic!("{fault}: {call}"))
}

fn failure(said: &[Value], id: &str) -> (String, String) {
    let error = &envelope(said, id)["error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (text("category"), text("code"))
}

fn told(category: &str, code: &str) -> (String, String) {
    (category.to_owned(), code.to_owned())
}

fn check_agent(client: &Client, said: &[Value]) {
    if let Some(version) = client.agreed {
        assert_eq!(said[0], json!({"said": "connected", "version": version}));
    }
    assert_eq!(said[1]["said"], "listed");
    let tools = said[1]["tools"].as_array().expect("a list of tools");
    let refund = tools.iter().find(|tool| tool["name"] == "create_refund").expect("the refund");
    assert_eq!(refund["inputSchema"]["properties"]["amount_cents"]["maximum"], 50000);
    assert_eq!(refund["outputSchema"]["type"], "object");

    assert_eq!(
        envelope(said, "first"),
        json!({"status": "ok", "result": {"refund_id": "re_1_late", "amount_cents": 500}})
    );
    let text = |id: &str| called(said, id)["result"]["content"][0]["text"].clone();
    assert_eq!(text("replay"), text("first"), "a replay is the same, byte for byte");
    let meta = |id: &str| called(said, id)["result"]["_meta"]["mcp-guard/replayed"].clone();
    assert_eq!((meta("first"), meta("replay")), (Value::Null, json!(true)));
    assert_eq!(failure(said, "conflict"), told("idempotent", "key_conflict"));
    assert_eq!(failure(said, "limit"), told("authz", "limit_exceeded"));
    assert_eq!(failure(said, "refused"), told("rejected", "order_not_found"));
    assert_eq!(failure(said, "unknown").0, "unknown");
    assert_eq!(failure(said, "defect").0, "internal");
    assert_eq!(envelope(said, "read")["result"]["refunded_cents"], 501);
    let absent = &called(said, "absent")["error"]["code"];
    // The Inspector looks a tool up in the list before it calls.
    assert!(*absent == -32602 || *absent == "tool_not_found", "{absent}");
}

/// A caller without scopes is denied whatever it asks for.
async fn check_intruder(folder: &Path, client: &Client, server: &Value) {
    let mut calls = calls();
    if let Some(calls) = calls.as_array_mut() {
        calls.retain(|call| call["id"] == "first" || call["id"] == "limit");
    }
    let said = run(folder, client, server, &calls).await;
    for id in ["first", "limit"] {
        assert_eq!(failure(&said, id), told("authz", "insufficient_scope"));
    }
}

async fn over_stdio(client: Client) {
    let Some(folder) = provided() else { return };
    let fixture = Fixture::new();
    let server = |scopes: &[&str]| {
        let options = fixture.server_for(Transport::Stdio, scopes);
        json!({"command": executable(), "args": options.words(), "home": options.folder})
    };
    let said = run(&folder, &client, &server(&["refunds", "orders"]), &calls()).await;
    check_agent(&client, &said);
    check_intruder(&folder, &client, &server(&[])).await;
    check_ledger(&fixture);
}

async fn over_http(client: Client) {
    let Some(folder) = provided() else { return };
    let fixture = Fixture::new();
    let options = fixture.server(Transport::Http);
    let wire = Wire::open(&options, Version::V2026July).await;
    let server = |token: &str| json!({"url": wire.url(), "token": token, "home": options.folder});
    check_agent(&client, &run(&folder, &client, &server(AGENT_TOKEN), &calls()).await);
    check_intruder(&folder, &client, &server(INTRUDER_TOKEN)).await;
    check_ledger(&fixture);
}

fn check_ledger(fixture: &Fixture) {
    let mut refunds = fixture.effects().entries();
    refunds.retain(|entry| entry.tool == "create_refund");
    assert_eq!(refunds.len(), 1, "one refund, whatever was asked");
    assert_eq!(refunds[0].amount_cents, 500);
}

/// Declares a client, and its two tests.
macro_rules! client {
    ($name:ident: $client:expr) => {
        mod $name {
            #[tokio::test]
            async fn over_stdio() {
                super::over_stdio($client).await;
            }

            #[tokio::test]
            async fn over_http() {
                super::over_http($client).await;
            }
        }
    };
}

client!(typescript_1: super::Client::new("typescript-1.mjs", "legacy", Some("2025-11-25")));
client!(typescript_2_auto: super::Client::new("typescript-2.mjs", "auto", Some("2026-07-28")));
client!(typescript_2_of_june: super::Client {
    pinned: Some("2025-06-18"),
    ..super::Client::new("typescript-2.mjs", "legacy", Some("2025-06-18"))
});
client!(python_2_auto: super::Client::new("python-2.py", "auto", Some("2026-07-28")));
client!(python_2_legacy: super::Client::new("python-2.py", "legacy", Some("2025-11-25")));
client!(inspector_legacy: super::Client::new("inspector.mjs", "legacy", None));
client!(inspector_auto: super::Client::new("inspector.mjs", "auto", None));
client!(inspector_modern: super::Client::new("inspector.mjs", "modern", None));
