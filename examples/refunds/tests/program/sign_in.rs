//! The official MCP clients find out where to get a token, get one, and step up, against `refunds
//! issuer` and `refunds http --issuer`.

use guard_tests::clients::{Client, provided, run};
use serde_json::{Value, json};

use crate::running::{Town, refunds_made};

fn calls() -> Value {
    let refund = json!({"order_id": "ord_8821", "amount_cents": 2500, "reason": "late",
        "idempotency_key": "refund-0001"});
    let order = json!({"order_id": "ord_8821"});
    json!([
        {"id": "look", "tool": "get_order", "arguments": order},
        {"id": "refund", "tool": "create_refund", "arguments": refund},
        {"id": "again", "tool": "create_refund", "arguments": refund},
        {"id": "look again", "tool": "get_order", "arguments": order},
    ])
}

/// Which scopes the client asked a person for, and after which call, without the one that asks for a
/// refresh token.
fn asked(said: &[Value]) -> Vec<(Option<String>, Vec<&str>)> {
    let mut asked = Vec::new();
    let mut after = None;
    for line in said {
        if line["said"] == "called" {
            after = line["id"].as_str().map(str::to_owned);
        } else if line["said"] == "asked" {
            let scopes =
                line["scopes"].as_array().expect("scopes").iter().filter_map(Value::as_str);
            asked.push((after.clone(), scopes.filter(|s| *s != "offline_access").collect()));
        }
    }
    asked
}

fn result<'a>(said: &'a [Value], id: &str) -> &'a Value {
    let called = said.iter().find(|line| line["said"] == "called" && line["id"] == id);
    let result = called.map(|call| &call["result"]);
    result.filter(|result| result.is_object()).unwrap_or_else(|| panic!("{id}: {said:#?}"))
}

async fn signs_in_and_steps_up(client: Client, variables: &[(&str, &str)]) {
    let Some(clients) = provided() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let Town { url, .. } = &Town::build(folder.path(), variables);

    let server = json!({"url": url, "home": folder.path()});
    let said = run(&clients, &client, &server, &calls()).await;
    let expected = [(None, vec!["orders"]), (Some("look".to_owned()), vec!["orders", "refunds"])];
    assert_eq!(asked(&said), expected, "first to look, then to refund: {said:#?}");
    let connected = said.iter().find(|line| line["said"] == "connected").expect("a connection");
    assert_eq!(connected["version"].as_str(), client.agreed);
    for id in ["look", "refund", "again", "look again"] {
        assert_eq!(result(&said, id)["structuredContent"]["status"], "ok", "{id}: {said:#?}");
    }
    assert_eq!(result(&said, "again")["_meta"]["mcp-guard/replayed"], true);
    assert_eq!(refunds_made(folder.path()), [2500]);
}

/// Declares a client, and its test.
macro_rules! client {
    ($name:ident: $script:literal, $era:literal, $version:literal) => {
        #[tokio::test]
        async fn $name() {
            signs_in_and_steps_up(Client::new($script, $era, Some($version)), &[]).await;
        }
    };
}

client!(typescript_1: "typescript-1.mjs", "legacy", "2025-11-25");
client!(typescript_2_auto: "typescript-2.mjs", "auto", "2026-07-28");
client!(typescript_2_legacy: "typescript-2.mjs", "legacy", "2025-11-25");
client!(python_2_auto: "python-2.py", "auto", "2026-07-28");
client!(python_2_legacy: "python-2.py", "legacy", "2025-11-25");

#[tokio::test]
async fn with_tokens_that_say_nothing_by_themselves() {
    let client = Client::new("python-2.py", "auto", Some("2026-07-28"));
    let secret = [("REFUNDS_INTROSPECTION_SECRET", "the-servers-secret-77c1")];
    signs_in_and_steps_up(client, &secret).await;
}
