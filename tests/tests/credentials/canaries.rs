//! Every secret has a canary in it, and so has all that the authorization server says: none is in an
//! answer, in the log at its finest, in the audit trail or in the record.

use std::{
    env,
    fs::{self, File},
    process::Command,
    sync::Arc,
};

use guard_tests::credentials::{
    ALICE, Authority, BASIC, BOB, CANARY, Manners, Mood, Stage, client, exchange, refund,
    write_secret,
};
use guard_tests::fixture::Fixture;
use mcp_guard::{CredentialSource, prelude::*};
use serde_json::json;

const LOG: &str = "GUARD_TESTS_CANARY_LOG";
const TOKEN: &str = "GUARD_TESTS_CANARY_TOKEN";

/// A process of its own, so that the environment has a canary and the log is all of it.
#[test]
fn no_canary_is_seen_anywhere() {
    let fixture = Fixture::new();
    let log = fixture.folder().join("log");
    let played = Command::new(env::current_exe().expect("this program's own path"))
        .args(["--exact", "canaries::in_a_process_of_its_own", "--ignored", "--nocapture"])
        .env(LOG, &log)
        .env(TOKEN, "CANARY-environment")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&played.stdout);
    let failed = String::from_utf8_lossy(&played.stderr);
    assert!(played.status.success() && said.contains("1 passed"), "{said}\n{failed}");
    judge_log(&fs::read_to_string(&log).expect("a log"));
}

fn judge_log(log: &str) {
    // It is a log that would have told.
    for target in ["TRACE", "mcp_guard::audit", "rmcp", "minted a credential", "the call failed"] {
        assert!(log.contains(target), "{target} is not in the log");
    }
    for line in log.lines() {
        for secret in [CANARY, BASIC] {
            assert!(!line.contains(secret), "{line}");
        }
        // What a backend says goes to the log, for its operators: without the credential in it.
        if line.contains("a quirk") {
            assert!(line.contains("you sent Bearer [credential]"), "{line}");
            assert!(!line.contains("mcp_guard::audit"), "{line}");
        }
    }
    assert!(log.contains("a quirk"), "the backend's own text is for the log");
}

#[tokio::test]
#[ignore = "`no_canary_is_seen_anywhere` runs it in a process of its own"]
async fn in_a_process_of_its_own() {
    let log = File::create(env::var(LOG).expect("a path")).expect("a file");
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new("trace"))
        .with_ansi(false)
        .with_writer(Arc::new(log))
        .init();
    let fixture = Fixture::new();
    let path = fixture.folder().join("token");
    write_secret(&path, "CANARY-file");
    let authority = Authority::start().await;
    let environment = EnvironmentCredential::new(TOKEN).expect("a token");
    play(environment, &authority, "CANARY-environment").await;
    play(FileCredential::new(&path).expect("a token"), &authority, "CANARY-file").await;
    play(client(&authority), &authority, "CANARY-issued").await;
    play(client(&authority).client_secret_post(), &authority, "CANARY-issued").await;
    let actor = FileCredential::new(&path).expect("a token");
    play(exchange(&authority).actor(actor), &authority, "CANARY-issued").await;
}

/// Success, and every failure: of the endpoint, of the backend, and of the tool itself.
async fn play(source: impl CredentialSource, authority: &Authority, bearer: &str) {
    let stage = Stage::with(source).await;
    let (alice, bob) = (stage.bearer(ALICE).await, stage.bearer(BOB).await);
    let mut answers = Vec::new();
    let moods = [
        Mood::Refuses(400, "invalid_scope"),
        Mood::Refuses(401, "invalid_client"),
        Mood::Refuses(400, "CANARY-error"),
        Mood::Says(503, "CANARY-body".into()),
        Mood::Says(200, r#"{"access_token": "CANARY-garbage", "token_type": CANARY"#.into()),
        Mood::Grants(json!({"scope": "CANARY-wider"})),
        Mood::Grants(json!({"token_type": "CANARY-type"})),
        Mood::Grants(json!({"access_token": "CANARY with spaces"})),
        Mood::Echoes,
        Mood::good(),
    ];
    for (number, mood) in moods.into_iter().enumerate() {
        authority.is(mood);
        let arguments = refund(&format!("a-good-key-{number}"), "ord_1", 5);
        answers.push(alice.call("retried_refund", arguments).await);
    }
    for (number, manners) in
        [Manners::Blurts, Manners::Forgets, Manners::Acts].into_iter().enumerate()
    {
        stage.backend.is(manners);
        for tool in ["create_refund", "retried_refund", "reconciled_refund"] {
            let arguments = refund(&format!("another-key-{number}"), "ord_2", 5);
            answers.push(alice.call(tool, arguments.clone()).await);
            answers.push(alice.call(tool, arguments.clone()).await);
            answers.push(bob.call(tool, arguments).await);
        }
    }
    for how in ["value", "panic"] {
        answers.push(alice.call("leak", json!({"how": how})).await);
    }
    answers.push(alice.call("describe_credential", json!({})).await);
    assert!(stage.backend.bearers().iter().all(|sent| sent.starts_with(bearer)));
    assert!(stage.backend.bearers().len() > 10);
    for answer in &answers {
        assert!(!answer.is_missing() && !answer.text.contains(CANARY), "{answer:?}");
    }
    let public =
        answers.iter().filter(|answer| answer.text.contains("you sent Bearer [credential]"));
    assert!(public.count() >= 3, "a public error is shown, without the credential");
    judge_record(&stage);
}

fn judge_record(stage: &Stage) {
    let mut found = false;
    for file in fs::read_dir(stage.folder()).expect("a folder") {
        let path = file.expect("a file").path();
        if !path.file_name().expect("a name").to_string_lossy().starts_with("store.db") {
            continue;
        }
        let bytes = fs::read(&path).expect("a file that can be read");
        let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        found |= has("re_1");
        assert!(!has(CANARY), "a canary is in {}", path.display());
    }
    assert!(found, "the answers are in the record");
}
