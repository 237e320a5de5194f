//! What a call is told when the server's own code breaks in an odd place.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use guard_tests::in_process::InProcess;
use mcp_guard::{AuthenticateFuture, GuardBuilder, MemoryStore, prelude::*};
use serde_json::{Value, json};

#[derive(Clone, Default)]
struct Effects(Arc<AtomicU32>);

/// Breaks when it is dropped, as a guard of a broken lock would.
struct Fragile;

impl Drop for Fragile {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "canary-of-a-drop");
    }
}

/// Act, then hang on to something that breaks when it is let go.
#[guarded_tool(idempotent, any_caller, timeout = "50ms")]
async fn hang_on(effects: &Effects) -> Result<u64, std::convert::Infallible> {
    let _fragile = Fragile;
    effects.0.fetch_add(1, Ordering::SeqCst);
    std::future::pending().await
}

/// Break with something that breaks again.
#[guarded_tool(idempotent, any_caller)]
async fn break_twice(effects: &Effects) -> Result<u64, std::convert::Infallible> {
    effects.0.fetch_add(1, Ordering::SeqCst);
    std::panic::panic_any(Fragile);
}

fn builder(effects: &Effects) -> GuardBuilder {
    Guard::builder()
        .provide(effects.clone())
        .store(MemoryStore::new().expect("a store"))
        .identity(Caller::local("agent"))
        .tool::<hang_on>()
        .tool::<break_twice>()
}

/// Calls a tool twice with one key: what it was told, and how often it acted.
async fn call_twice(tool: &str) -> (Vec<Value>, u32) {
    let effects = Effects::default();
    let guard = builder(&effects).build().expect("a guard");
    let mut wire = InProcess::open(guard).await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let arguments = json!({"idempotency_key": "a-key-of-the-test"});
        let answer =
            tokio::time::timeout(Duration::from_secs(5), wire.call(tool, &arguments)).await;
        let answer = answer.expect("an answer in time");
        assert!(!answer.text.contains("canary"), "{answer:?}");
        answers.push(answer.envelope());
    }
    (answers, effects.0.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_body_that_breaks_when_it_is_stopped_is_unknown() {
    let (answers, effects) = call_twice("hang_on").await;
    assert_eq!(effects, 1);
    assert_eq!(answers[0]["error"]["category"], "unknown", "{}", answers[0]);
    assert_eq!(answers[1]["error"]["code"], "outcome_unknown", "{}", answers[1]);
}

#[tokio::test]
async fn a_panic_that_panics_is_unknown() {
    let (answers, effects) = call_twice("break_twice").await;
    assert_eq!(effects, 1);
    assert_eq!(answers[0]["error"]["code"], "panicked", "{}", answers[0]);
    assert_eq!(answers[1]["error"]["code"], "outcome_unknown", "{}", answers[1]);
}

struct Confused;

impl Authenticate for Confused {
    fn authenticate<'a>(&'a self, token: &'a str) -> AuthenticateFuture<'a> {
        panic!("canary-of-the-token {token}");
    }
}

#[tokio::test]
async fn a_caller_who_cannot_be_identified_is_answered() {
    let guard = builder(&Effects::default()).authenticate(Confused);
    let guard = guard.http(Http::bind("127.0.0.1:0")).build().expect("a guard");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { guard.serve_http_on(listener).await });
    let request = reqwest::Client::new().post(format!("http://{address}/mcp")).bearer_auth("x");
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 503);
    assert!(!answer.text().await.expect("a body").contains("canary"));
}

/// A type by the name of the guard's, and what it makes of a tool.
mod of_ones_own {
    use mcp_guard::prelude::*;

    #[derive(Default)]
    pub(super) struct Effect;

    pub(super) type Maybe<T> = Option<T>;

    /// Try again.
    #[guarded_tool(idempotent(on_unknown = retry), any_caller)]
    pub(super) async fn try_again(effect: &Effect) -> Result<(), std::convert::Infallible> {
        let _ = effect;
        Ok(())
    }

    /// Mark the moment.
    #[guarded_tool(idempotent(dispatch), any_caller)]
    pub(super) async fn mark(effect: &Effect) -> Result<(), std::convert::Infallible> {
        let _ = effect;
        Ok(())
    }

    /// Pay.
    #[guarded_tool(idempotent, any_caller, max_amount = 500)]
    pub(super) async fn pay(
        /// How much.
        #[amount]
        price: Maybe<u64>,
    ) -> Result<(), std::convert::Infallible> {
        let _ = price;
        Ok(())
    }

    /// Pay by default.
    #[guarded_tool(idempotent, any_caller, max_amount = 500)]
    pub(super) async fn pay_least(
        /// How much.
        #[amount]
        #[serde(default)]
        price: u64,
    ) -> Result<(), std::convert::Infallible> {
        let _ = price;
        Ok(())
    }
}

/// What the macro judges by its spelling is judged again by what it is.
#[test]
fn a_type_that_is_not_what_it_is_called_is_a_mistake() {
    use of_ones_own::{Effect, mark, pay, pay_least, try_again};

    let builder = builder(&Effects::default()).provide(Effect);
    let built =
        builder.tool::<try_again>().tool::<mark>().tool::<pay>().tool::<pay_least>().build();
    let mistakes = built.err().expect("mistakes");
    assert_eq!(mistakes.mistakes().len(), 3, "{mistakes}");
    for part in [
        "tool `try_again` has `on_unknown = retry` and does not borrow the guard's own `&Effect`",
        "tool `mark` has `dispatch` and does not borrow the guard's own `&Effect`",
        "tool `pay`: `price` is the amount of `max_amount`, and may be `null`",
    ] {
        assert!(mistakes.to_string().contains(part), "{part}: {mistakes}");
    }
}

/// Found while a call is under way, an overflow would leave its key behind as unknown.
#[test]
fn an_endless_duration_is_a_mistake() {
    let endless = builder(&Effects::default())
        .timeout(Duration::MAX)
        .lease(Duration::MAX)
        .retain(Duration::MAX);
    let mistakes = endless.tombstone(Duration::MAX).build().err().expect("mistakes");
    for name in ["timeout", "lease", "retain", "tombstone"] {
        let mistake = format!("`.{name}(…)` is longer than 100 years");
        assert!(mistakes.mistakes().contains(&mistake), "{mistakes}");
    }
}

#[test]
fn a_path_that_cannot_be_routed_is_a_mistake() {
    for path in ["", "mcp", "/{", "/{name}", "/{*rest}"] {
        let served = builder(&Effects::default()).authenticate(StaticTokens::new());
        let served = served.http(Http::bind("127.0.0.1:0").path(path)).build();
        let mistakes = served.err().expect("a mistake");
        assert!(mistakes.to_string().contains("the path of `.http(…)`"), "{path:?}: {mistakes}");
    }
}
