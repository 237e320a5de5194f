//! Without a credential nothing is done, and the key is free again.

use std::time::{Duration, Instant};

use guard_tests::credentials::{ALICE, Authority, Manners, Mood, Stage, client, exchange, refund};
use mcp_guard::{
    ActsFor, Credential, CredentialError, CredentialRequest, CredentialSource, MintFuture,
};
use serde_json::{Value, json};

/// Every tool that changes something.
const TOOLS: [&str; 3] = ["create_refund", "retried_refund", "reconciled_refund"];

/// Whatever goes wrong, and what the agent is told of it.
fn troubles() -> Vec<(Mood, (&'static str, &'static str))> {
    let granted = |members: Value| Mood::Grants(members);
    let unavailable = ("transient", "credential_unavailable");
    let refused = ("authz", "credential_refused");
    let defect = ("internal", "credential_defect");
    let mut troubles = vec![
        (Mood::Says(503, "CANARY".into()), unavailable),
        (Mood::Says(429, "{}".into()), unavailable),
        (Mood::Says(302, "{}".into()), unavailable),
        (Mood::Says(200, "<html>CANARY</html>".into()), unavailable),
        (Mood::Says(200, "{}".into()), unavailable),
        (
            Mood::Says(200, r#"{"access_token":"CANARY","access_token":"CANARY"}"#.into()),
            unavailable,
        ),
        (Mood::Says(200, "x".repeat(300 * 1024)), unavailable),
        (Mood::Says(400, "CANARY".into()), unavailable),
        (Mood::Refuses(400, "temporarily_unavailable"), unavailable),
        (Mood::Refuses(400, "CANARY-error"), unavailable),
        (granted(json!({"access_token": null})), unavailable),
        (granted(json!({"access_token": 5})), unavailable),
        (granted(json!({"access_token": "CANARY with spaces"})), defect),
        (granted(json!({"access_token": "CANARY\r\nX-Evil: 1"})), defect),
        (granted(json!({"access_token": ""})), defect),
        (granted(json!({"token_type": "DPoP"})), defect),
        (granted(json!({"token_type": null})), defect),
        (granted(json!({"expires_in": "soon-CANARY"})), defect),
        (granted(json!({"expires_in": -1})), defect),
        (granted(json!({"scope": "payments.refunds.write admin-CANARY"})), defect),
        (granted(json!({"scope": "admin-CANARY"})), defect),
        (granted(json!({"scope": ["payments.refunds.write"]})), defect),
        (granted(json!({"scope": ""})), refused),
        (Mood::Refuses(401, "invalid_client"), defect),
        (Mood::Refuses(400, "unsupported_grant_type"), defect),
    ];
    for error in
        ["access_denied", "invalid_grant", "invalid_request", "invalid_scope", "invalid_target"]
    {
        troubles.push((Mood::Refuses(400, error), refused));
    }
    troubles.push((Mood::Refuses(403, "unauthorized_client"), refused));
    troubles
}

/// Plays all of it on one stage: each call comes again, with the same key, when all is well.
async fn plays(authority: &Authority, stage: &Stage, troubles: Vec<(Mood, (&str, &str))>) {
    let alice = stage.bearer(ALICE).await;
    let mut done = 0;
    for (number, (mood, (category, code))) in troubles.into_iter().enumerate() {
        let tool = TOOLS[number % TOOLS.len()];
        let arguments = refund(&format!("a-good-key-{number}"), &format!("ord_{number}"), 5);
        authority.is(mood.clone());
        let failed = alice.call(tool, arguments.clone()).await;
        assert_eq!(failed.error(), (category.into(), code.into()), "{mood:?}: {failed:?}");
        let error = &failed.envelope()["error"];
        assert_eq!(error["retryable"], category == "transient", "{mood:?}");
        assert_eq!(error["safe_new_key"], false, "{mood:?}");
        assert!(error["error_id"].is_string(), "{mood:?}");
        assert!(!failed.text.contains("CANARY"), "{failed:?}");
        assert_eq!(stage.effects().entries().len(), done, "{mood:?}");

        // Kept for a moment only, so that the next trouble is met.
        authority.is(Mood::Grants(json!({"expires_in": null})));
        let _ = alice.call(tool, arguments.clone()).await.result();
        done += 1;
        assert_eq!(stage.effects().entries().len(), done, "{mood:?}");
        assert!(alice.call(tool, arguments).await.is_replay());
    }
}

#[tokio::test]
async fn whatever_the_token_endpoint_answers_the_same_key_works_later() {
    let authority = Authority::start().await;
    let stage = Stage::with(client(&authority)).await;
    plays(&authority, &stage, troubles()).await;
}

#[tokio::test]
async fn and_so_it_does_where_callers_tokens_are_exchanged() {
    let authority = Authority::start().await;
    let stage = Stage::with(exchange(&authority)).await;
    let defect = ("internal", "credential_defect");
    let mut troubles = troubles();
    troubles.extend([
        (Mood::Echoes, defect),
        (Mood::Grants(json!({"issued_token_type": null})), defect),
        (
            Mood::Grants(json!({"issued_token_type": "urn:ietf:params:oauth:token-type:id_token"})),
            defect,
        ),
        (Mood::Grants(json!({"token_type": "N_A"})), defect),
    ]);
    plays(&authority, &stage, troubles).await;
    assert!(stage.backend.bearers().iter().all(|bearer| bearer.starts_with("CANARY-issued-")));
}

#[tokio::test]
async fn an_authority_that_is_gone_is_transient() {
    let authority = Authority::start().await;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let url = format!("http://{}/token", gone.local_addr().expect("an address"));
    drop(gone);
    let source = mcp_guard::ClientCredentials::new(
        url,
        "guard",
        mcp_guard::Secret::new("CANARY-client-secret".into()),
    );
    let stage = Stage::with(source.allow_http_on_loopback()).await;
    let alice = stage.bearer(ALICE).await;
    let failed = alice.call("create_refund", refund("a-good-key", "ord_1", 5)).await;
    assert_eq!(failed.error(), ("transient".into(), "credential_unavailable".into()));
    assert_eq!((authority.asked().len(), stage.effects().entries().len()), (0, 0));
}

/// A second call meanwhile finds it under way.
#[tokio::test]
async fn one_that_hangs_is_transient_in_its_time_and_never_unknown() {
    for tool in TOOLS {
        let authority = Authority::start().await;
        let patience = Duration::from_secs(2);
        let stage = Stage::set(client(&authority), |builder| {
            builder
                .credential_timeout(patience)
                .lease(Duration::from_millis(2_001))
                .timeout(Duration::from_millis(1_500))
        })
        .await;
        authority.is(Mood::Stalls);
        let (alice, again) = (stage.bearer(ALICE).await, stage.bearer(ALICE).await);
        let arguments = refund("a-good-key", "ord_1", 5);
        let began = Instant::now();
        let second = async {
            authority.was_asked(1).await;
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            again.call(tool, arguments.clone()).await.error()
        };
        let (first, second) = tokio::join!(alice.call(tool, arguments.clone()), second);
        let took = began.elapsed();
        assert_eq!(first.error(), ("transient".into(), "credential_unavailable".into()), "{tool}");
        assert_eq!(second, ("idempotent".into(), "in_flight".into()), "{tool}");
        assert!(took >= patience && took < patience * 2, "{tool}: {took:?}");

        // Slow, and longer than the body may take, but in time.
        authority.is(Mood::Takes(Duration::from_millis(1_600)));
        let _ = alice.call(tool, arguments).await.result();
        assert_eq!(stage.effects().entries().len(), 1, "{tool}");
    }
}

/// What an earlier attempt left unknown stays so, whatever becomes of the credential of the next.
#[tokio::test]
async fn a_refusal_does_not_settle_what_is_unknown() {
    let authority = Authority::start().await;
    authority.is(Mood::Grants(json!({"expires_in": null})));
    let stage = Stage::with(client(&authority)).await;
    let alice = stage.bearer(ALICE).await;
    stage.backend.is(Manners::Forgets);
    let arguments = refund("a-good-key", "ord_1", 5);
    let first = alice.call("retried_refund", arguments.clone()).await;
    assert_eq!(first.category(), "transient");
    stage.backend.is(Manners::Acts);
    authority.is(Mood::Refuses(400, "invalid_scope"));
    let second = alice.call("retried_refund", arguments.clone()).await;
    assert_eq!(second.error().1, "credential_refused");
    assert_eq!(second.envelope()["error"]["safe_new_key"], false);
    authority.is(Mood::good());
    let third = alice.call("retried_refund", arguments).await;
    assert_eq!(third.result()["refund_id"], "re_1");
    assert_eq!(stage.effects().entries().len(), 1);
}

/// A source of somebody's own, at its worst.
struct Panics;

impl CredentialSource for Panics {
    fn mint<'a>(&'a self, request: CredentialRequest<'a>) -> MintFuture<'a> {
        assert!(request.tool() != "create_refund", "CANARY-panic");
        Box::pin(async { Err::<Credential, _>(CredentialError::refused("not to you")) })
    }

    fn acts_for(&self) -> ActsFor {
        ActsFor::Server
    }
}

#[tokio::test]
async fn a_source_that_panics_is_a_defect_that_did_nothing() {
    let stage = Stage::with(Panics).await;
    let alice = stage.bearer(ALICE).await;
    for (tool, code) in
        [("create_refund", "credential_defect"), ("retried_refund", "credential_refused")]
    {
        for _ in 0..2 {
            let failed = alice.call(tool, refund("a-good-key", "ord_1", 5)).await;
            assert_eq!(failed.error().1, code);
            assert!(!failed.text.contains("CANARY"), "{failed:?}");
        }
    }
    assert_eq!(stage.effects().entries(), []);
}
