//! Tokens of every kind at the door of `refunds http --issuer`.

use std::{fs, path::Path};

use reqwest::{Client, Response, header::WWW_AUTHENTICATE};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    running::{Town, refunds_made},
    start::call,
};

const ADMIN: &str = "the-admins-token-4b1f";

/// A town, and whoever can have any token made there.
struct Scene {
    folder: TempDir,
    town: Town,
    http: Client,
}

impl Scene {
    fn set() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // As much is logged as there is to log.
        let variables = [("REFUNDS_ISSUER_ADMIN_TOKEN", ADMIN), ("RUST_LOG", "trace")];
        let town = Town::build(folder.path(), &variables);
        Self { folder, town, http: Client::builder().no_proxy().build().expect("a client") }
    }

    async fn token(&self, kind: &str, scopes: &[&str]) -> String {
        let wanted = json!({"kind": kind, "resource": self.town.url, "scopes": scopes});
        let request = self.http.post(format!("{}/admin/token", self.town.issuer));
        let made = request.bearer_auth(ADMIN).json(&wanted).send().await.expect("an issuer");
        made.error_for_status().expect("a token").text().await.expect("text")
    }

    async fn refund(&self, token: &str) -> Response {
        let refund = json!({"order_id": "ord_8821", "amount_cents": 2500, "reason": "late",
            "idempotency_key": "refund-0001"});
        let request = self.http.post(&self.town.url).bearer_auth(token);
        let request = request
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", "2025-11-25")
            .json(&call(1, "create_refund", &refund));
        request.send().await.expect("a server")
    }

    fn refunds_made(&self) -> Vec<i64> {
        refunds_made(self.folder.path())
    }
}

async fn told(response: Response) -> Value {
    let mut message: Value = response.json().await.expect("JSON");
    message["result"].take()
}

#[tokio::test]
async fn a_replay_is_for_those_who_may_still_do_it() {
    let scene = Scene::set();
    let full = scene.token("valid", &["orders", "refunds"]).await;
    let first = told(scene.refund(&full).await).await;
    assert_eq!(first["structuredContent"]["status"], "ok", "{first}");

    let less = scene.token("valid", &["orders"]).await;
    let denied = scene.refund(&less).await;
    assert_eq!(denied.status(), 403);
    let challenge = denied.headers()[WWW_AUTHENTICATE].to_str().expect("text").to_owned();
    assert!(challenge.contains(r#"error="insufficient_scope", scope="orders refunds""#));
    let denied = denied.text().await.expect("a body");
    let refund_id = first["structuredContent"]["result"]["refund_id"].as_str().expect("a number");
    assert!(!denied.contains(refund_id), "the payload is withheld: {denied}");

    let again = scene.token("valid", &["refunds"]).await;
    let replay = told(scene.refund(&again).await).await;
    assert_eq!(replay["content"], first["content"], "given back, it is replayed");
    assert_eq!(replay["_meta"]["mcp-guard/replayed"], true);
    assert_eq!(scene.refunds_made(), [2500]);
}

#[tokio::test]
async fn only_tokens_that_are_right_in_every_way_are_taken() {
    let scene = Scene::set();
    for kind in ["expired", "not_yet", "another_audience", "another_issuer", "forged"] {
        let token = scene.token(kind, &["orders", "refunds"]).await;
        let refused = scene.refund(&token).await;
        assert_eq!(refused.status(), 401, "{kind}");
        let challenge = refused.headers()[WWW_AUTHENTICATE].to_str().expect("text").to_owned();
        assert!(challenge.starts_with(r#"Bearer error="invalid_token", scope="orders""#));
        assert_eq!(refused.text().await.expect("a body"), "", "{kind}: not a word of why");
    }
    assert_eq!(scene.refunds_made(), [0; 0]);
}

/// A token that is in a log is a token that somebody else has.
#[tokio::test]
async fn no_token_is_logged_or_recorded_however_much_is() {
    let scene = Scene::set();
    let valid = scene.token("valid", &["orders", "refunds"]).await;
    let expired = scene.token("expired", &["orders", "refunds"]).await;
    for token in [&valid, &expired] {
        let answer = scene.refund(token).await.text().await.expect("a body");
        assert!(!answer.contains(token.as_str()));
    }
    let log = fs::read_to_string(scene.folder.path().join("log")).expect("a log");
    assert!(log.contains("mcp_guard::audit"), "it is the log: {log}");
    let kept = files(&scene.folder.path().join("store"));
    assert!(!kept.is_empty());
    for token in [&valid, &expired] {
        // The signature alone is the secret part, and would be enough to tell.
        let signature = token.rsplit('.').next().expect("a signature");
        assert!(!log.contains(signature), "a token is in the log");
        let found = kept.windows(signature.len()).any(|window| window == signature.as_bytes());
        assert!(!found, "a token is in the store");
    }
}

fn files(folder: &Path) -> Vec<u8> {
    let entries = folder.read_dir().expect("a folder");
    entries.flat_map(|entry| fs::read(entry.expect("an entry").path()).expect("a file")).collect()
}
