//! Tokens that the operator hands over.

use guard_tests::{
    credentials::{ALICE, Authority, Stage, client, refund, write_secret},
    fixture::Fixture,
};
use mcp_guard::prelude::*;
use serde_json::json;

#[tokio::test]
async fn a_file_that_is_rotated_is_read_again() {
    let fixture = Fixture::new();
    let path = fixture.folder().join("token");
    write_secret(&path, "CANARY-file-first\n");
    let stage = Stage::with(FileCredential::new(&path).expect("a token")).await;
    let alice = stage.bearer(ALICE).await;
    let call = async |number: usize| {
        alice.call("retried_refund", refund(&format!("a-good-key-{number}"), "ord_1", 5)).await
    };
    let _ = call(1).await.result();
    write_secret(&path, "CANARY-file-second");
    let _ = call(2).await.result();
    for broken in ["", "\n", "CANARY two words"] {
        write_secret(&path, broken);
        let failed = call(3).await;
        let expected = if broken.contains(' ') { "internal" } else { "transient" };
        assert_eq!(failed.category(), expected, "{broken:?}");
    }
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(call(3).await.error(), ("transient".into(), "credential_unavailable".into()));
    write_secret(&path, "CANARY-file-third");
    let _ = call(3).await.result();
    let expected = ["CANARY-file-first", "CANARY-file-second", "CANARY-file-third"];
    assert_eq!(stage.backend.bearers(), expected);
    assert_eq!(stage.effects().entries().len(), 3);
}

/// Look.
#[guarded_tool(read_only, scope = "refunds")]
async fn look(credential: &Credential) -> Result<usize, std::convert::Infallible> {
    Ok(credential.expose().len())
}

#[tokio::test]
async fn a_tool_may_have_a_source_of_its_own() {
    let fixture = Fixture::new();
    let path = fixture.folder().join("token");
    write_secret(&path, "CANARY-of-look");
    let authority = Authority::start().await;
    let stage = Stage::set(client(&authority), |builder| {
        builder.tool::<look>().credentials_for::<look>(FileCredential::new(&path).expect("a token"))
    })
    .await;
    let alice = stage.bearer(ALICE).await;
    let looked = alice.call("look", json!({})).await;
    assert_eq!(looked.result(), json!("CANARY-of-look".len()));
    assert_eq!(authority.asked().len(), 0);
    let _ = alice.call("create_refund", refund("a-good-key", "ord_1", 5)).await.result();
    assert_eq!(stage.backend.bearers(), ["CANARY-issued-1"]);
}

#[test]
fn what_is_no_token_is_refused_at_once() {
    let fixture = Fixture::new();
    let path = fixture.folder().join("token");
    write_secret(&path, "CANARY two words");
    let error = FileCredential::new(&path).err().expect("no token").to_string();
    assert!(error.contains("visible ASCII") && !error.contains("CANARY"), "{error}");
    let error = EnvironmentCredential::new("NO_SUCH_TOKEN_HERE").err().expect("not set");
    assert_eq!(error.to_string(), "the secret in NO_SUCH_TOKEN_HERE is not set");
    // cargo sets it, and it has spaces.
    let error = EnvironmentCredential::new("CARGO_PKG_DESCRIPTION").err().expect("no token");
    assert!(error.to_string().contains("visible ASCII"), "{error}");
}
