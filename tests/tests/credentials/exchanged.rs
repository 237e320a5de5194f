//! Acting for the caller: their token is exchanged, and neither it nor what it is exchanged for is
//! used for anybody else.

use guard_tests::{
    credentials::{ALICE, Authority, BOB, Stage, caller, exchange, refund, write_secret},
    fixture::Fixture,
    in_process::InProcess,
};
use mcp_guard::{Call, ConfigError, prelude::*};
use serde_json::json;

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

#[tokio::test]
async fn the_backend_sees_another_token_than_the_callers() {
    let authority = Authority::start().await;
    let source = exchange(&authority).audience("payments").resource("https://payments.test/");
    let stage = Stage::with(source).await;
    let alice = stage.bearer(ALICE).await;
    let _ = alice.call("create_refund", refund("a-good-key", "ord_1", 5)).await.result();
    assert_eq!(stage.backend.bearers(), ["CANARY-issued-1"]);

    let asked = &authority.asked()[0];
    for (name, value) in [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", ALICE),
        ("subject_token_type", ACCESS_TOKEN),
        ("requested_token_type", ACCESS_TOKEN),
        ("audience", "payments"),
        ("resource", "https://payments.test/"),
        ("scope", "payments.refunds.write"),
    ] {
        assert_eq!(asked.one(name), value, "{name}");
    }
    assert_eq!(asked.form.len(), 7, "{asked:?}");
}

#[tokio::test]
async fn what_is_one_callers_is_never_used_for_another() {
    let authority = Authority::start().await;
    let stage = Stage::with(exchange(&authority)).await;
    let (alice, bob) = (stage.bearer(ALICE).await, stage.bearer(BOB).await);
    for number in 0..5 {
        for wire in [&alice, &bob] {
            let arguments = refund(&format!("a-good-key-{number}"), &format!("ord_{number}"), 5);
            let _ = wire.call("retried_refund", arguments).await.result();
        }
    }
    let expected: Vec<_> = ["CANARY-issued-1", "CANARY-issued-2"].repeat(5);
    assert_eq!(stage.backend.bearers(), expected);
    let subjects: Vec<_> =
        authority.asked().iter().map(|asked| asked.one("subject_token").to_owned()).collect();
    assert_eq!(subjects, [ALICE, BOB]);
}

/// A caller who comes with another token of theirs is not given what the first was exchanged for: it
/// would outlive it.
#[tokio::test]
async fn a_credential_ends_with_the_token_that_it_was_exchanged_for() {
    let authority = Authority::start().await;
    let guard = Guard::builder()
        .credentials(exchange(&authority))
        .tool::<whose>()
        .build()
        .expect("callers may have tokens");
    let call = async |token: &str| {
        let caller = caller("alice", &["refunds"]).with_token(Secret::new(token.into()));
        guard.call(Call::new("whose", json!({}), Some(caller))).await.expect("a tool")
    };
    for token in ["CANARY-first", "CANARY-first", "CANARY-second", "CANARY-first"] {
        let reply = call(token).await;
        assert_eq!(reply.body(), r#"{"status":"ok","result":null}"#);
    }
    let asked = authority.asked();
    let subjects: Vec<_> = asked.iter().map(|asked| asked.one("subject_token")).collect();
    assert_eq!(subjects, ["CANARY-first", "CANARY-second"]);
}

/// Look.
#[guarded_tool(read_only, scope = "refunds")]
async fn whose(credential: &Credential, caller: &Caller) -> Result<(), std::convert::Infallible> {
    assert!(!format!("{caller:?} {credential:?}").contains("CANARY"));
    Ok(())
}

#[tokio::test]
async fn a_caller_without_a_token_is_refused() {
    let authority = Authority::start().await;
    let builder = || Guard::builder().credentials(exchange(&authority)).tool::<whose>();
    let stdio = builder().identity(caller("alice", &["refunds"])).build();
    let mistakes = stdio.err().expect("no token on stdio").to_string();
    assert!(mistakes.contains("on stdio a caller has none"), "{mistakes}");

    let guard = builder().build().expect("callers may have tokens");
    let call = Call::new("whose", json!({}), Some(caller("alice", &["refunds"])));
    let reply = guard.call(call).await.expect("a tool");
    assert!(reply.body().contains("credential_refused"), "{reply:?}");
    assert_eq!(authority.asked().len(), 0);

    // Served on both, the caller on stdio is refused like any without a token.
    let served = builder()
        .identity(caller("alice", &["refunds"]))
        .http(Http::bind("127.0.0.1:0"))
        .authenticate(StaticTokens::new())
        .build()
        .expect("some callers have tokens");
    let mut wire = InProcess::open(served).await;
    let refused = wire.call("whose", &json!({})).await;
    assert_eq!(refused.error(), ("authz".into(), "credential_refused".into()));
    assert_eq!(authority.asked().len(), 0);
}

#[tokio::test]
async fn the_server_is_named_as_who_acts() -> Result<(), ConfigError> {
    let fixture = Fixture::new();
    let path = fixture.folder().join("actor");
    write_secret(&path, "CANARY-actor\n");
    let authority = Authority::start().await;
    let stage = Stage::with(exchange(&authority).actor(FileCredential::new(&path)?)).await;
    let alice = stage.bearer(ALICE).await;
    let _ = alice.call("create_refund", refund("a-good-key", "ord_1", 5)).await.result();
    let asked = authority.asked();
    assert_eq!(asked[0].one("actor_token"), "CANARY-actor");
    assert_eq!(asked[0].one("actor_token_type"), ACCESS_TOKEN);

    // An actor that acts for somebody else is a mistake; one that cannot be had is an outage.
    let guard = Guard::builder()
        .credentials(exchange(&authority).actor(exchange(&authority)))
        .tool::<whose>()
        .build();
    let mistakes = guard.err().expect("a mistake").to_string();
    assert!(mistakes.contains("the actor of `TokenExchange` is the server"), "{mistakes}");
    std::fs::remove_file(&path).expect("removed");
    let bob = stage.bearer(BOB).await;
    let failed = bob.call("create_refund", refund("a-good-key", "ord_2", 5)).await;
    assert_eq!(failed.error(), ("transient".into(), "credential_unavailable".into()));
    Ok(())
}
