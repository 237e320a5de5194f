//! The same failures behind a guard: what the model is told, and how often the backend is asked.

use mcp_guard::{CheckStatus as _, HttpError, MemoryStore, prelude::*};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use guard_tests::in_process::InProcess;

use super::{
    backend::{Backend, Behaviour, nobody},
    client,
};

/// Where payments are made.
struct Payments(String);

#[derive(Serialize, JsonSchema)]
struct Receipt {
    status: u16,
}

#[derive(Debug, thiserror::Error, ToolError)]
enum PayError {
    #[error(transparent)]
    #[tool_error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    #[tool_error(transparent)]
    Request(#[from] reqwest::Error),
}

/// Pay.
#[guarded_tool(idempotent, any_caller)]
async fn pay(payments: &Payments) -> Result<Receipt, PayError> {
    let request = client().build()?.post(&payments.0).body("amount=500");
    let answer = request.send().await?.check_status()?;
    let status = answer.status().as_u16();
    answer.bytes().await?;
    Ok(Receipt { status })
}

async fn wire(url: &str) -> InProcess {
    let guard = Guard::builder()
        .provide(Payments(url.to_owned()))
        .store(MemoryStore::new().expect("a store"))
        .identity(Caller::local("agent"))
        .tool::<pay>()
        .build();
    InProcess::open(guard.expect("a guard")).await
}

async fn error(wire: &mut InProcess) -> Value {
    let answer = wire.call("pay", &json!({"idempotency_key": "a-key-of-the-test"})).await;
    answer.envelope()["error"].clone()
}

#[tokio::test]
async fn a_backend_that_comes_back_is_asked_again_under_the_same_key() {
    let url = nobody().await;
    let mut wire = wire(&url).await;
    let told = error(&mut wire).await;
    assert_eq!((&told["category"], &told["retryable"]), (&json!("transient"), &json!(true)));
    let backend = Backend::start_at(&url, Behaviour::Answer(200, "")).await;
    let paid = wire.call("pay", &json!({"idempotency_key": "a-key-of-the-test"})).await;
    assert_eq!((paid.result()["status"].clone(), backend.requests()), (json!(200), 1));
}

#[tokio::test]
async fn a_backend_that_may_have_acted_is_asked_once() {
    for behaviour in [
        Behaviour::Stall,
        Behaviour::Reset,
        Behaviour::CutOff,
        Behaviour::Answer(503, "Retry-After: 1"),
        Behaviour::Answer(409, ""),
        Behaviour::Answer(500, ""),
    ] {
        let backend = Backend::start(behaviour).await;
        let mut wire = wire(backend.url()).await;
        for _ in 0..2 {
            let told = error(&mut wire).await;
            assert_eq!(told["category"], "unknown", "{behaviour:?}: {told}");
            assert_eq!(told["retryable"], false, "{behaviour:?}: {told}");
            assert_eq!(
                told["retry_after_ms"],
                Value::Null,
                "no time to do what is not safe: {told}"
            );
        }
        assert_eq!(backend.requests(), 1, "{behaviour:?}");
    }
}

#[tokio::test]
async fn a_wait_that_the_backend_asks_for_reaches_the_model() {
    let backend = Backend::start(Behaviour::Answer(429, "Retry-After: 7")).await;
    let mut wire = wire(backend.url()).await;
    let told = error(&mut wire).await;
    assert_eq!((&told["category"], &told["retry_after_ms"]), (&json!("transient"), &json!(7000)));
}

#[tokio::test]
async fn a_refusal_is_final_and_says_nothing_of_the_backend() {
    let backend = Backend::start(Behaviour::Answer(403, "X-Internal: hunter2")).await;
    let mut wire = wire(backend.url()).await;
    for _ in 0..2 {
        let told = error(&mut wire).await;
        assert_eq!(
            (&told["category"], &told["code"]),
            (&json!("rejected"), &json!("backend_refused"))
        );
        let text = told.to_string();
        assert!(!text.contains("127.0.0.1") && !text.contains("hunter2"), "{text}");
    }
    assert_eq!(backend.requests(), 1);
}
