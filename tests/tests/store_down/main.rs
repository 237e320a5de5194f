//! What a call is told, and what happens, when the store fails at the worst moments.

mod faulty;
mod late;
mod reconciled;

use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use faulty::{Faulty, fail, gone};
use guard_tests::in_process::InProcess;
use mcp_guard::{Resolution, ResolveError, prelude::*};
use serde_json::{Value, json};

/// The backend's own count of what was done.
#[derive(Clone, Default)]
struct Effects(Arc<AtomicU32>);

impl Effects {
    fn act(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Act once.
#[guarded_tool(idempotent, max_amount = 100, any_caller)]
async fn act(
    effects: &Effects,
    /// How much.
    amount: u64,
) -> Result<u64, std::convert::Infallible> {
    effects.act();
    Ok(amount)
}

/// Act once it is known to be allowed.
#[guarded_tool(idempotent(dispatch), any_caller)]
async fn act_when_dispatched(
    effects: &Effects,
    effect: &Effect,
    /// How much.
    amount: u64,
) -> Result<u64, mcp_guard::NotDispatched> {
    effect.dispatch().await?;
    effects.act();
    Ok(amount)
}

/// Act, and have no answer. It borrows its caller, so that nobody looks but the next call.
#[guarded_tool(idempotent(on_unknown = reconcile(look)), any_caller)]
async fn act_and_forget(
    effects: &Effects,
    _caller: &Caller,
    /// How much.
    amount: u64,
) -> Result<u64, NoAnswer> {
    effects.act();
    let _ = amount;
    Err(NoAnswer)
}

fn look(effects: &Effects, _caller: &Caller, amount: u64) -> Ready<Reconciled<u64>> {
    let landed = effects.count() == 1;
    ready(if landed { Reconciled::Landed(amount) } else { Reconciled::NotLanded })
}

#[derive(Debug, thiserror::Error, ToolError)]
#[error("there was no answer")]
#[tool_error(ambiguous)]
struct NoAnswer;

fn guard(store: Faulty, effects: Effects) -> Guard {
    let guard = Guard::builder()
        .provide(effects)
        .store(store)
        .identity(Caller::local("agent"))
        .tool::<act>()
        .tool::<act_when_dispatched>()
        .tool::<act_and_forget>()
        .build();
    guard.expect("a guard")
}

/// A guard in this process, on a store that fails.
struct Wire(InProcess);

impl Wire {
    async fn open(store: Faulty, effects: Effects) -> Self {
        Self(InProcess::open(guard(store, effects)).await)
    }

    async fn act(&mut self, amount: u64, key: &str) -> Value {
        self.call("act", amount, key).await
    }

    async fn call(&mut self, tool: &str, amount: u64, key: &str) -> Value {
        let arguments = json!({"amount": amount, "idempotency_key": key});
        let answer = self.0.call(tool, &arguments).await;
        assert!(!answer.text.contains("canary"), "the store's own text was shown: {answer:?}");
        answer.message()["result"].clone()
    }
}

fn error_of(result: &Value) -> (&str, &str) {
    let error = &result["structuredContent"]["error"];
    (error["category"].as_str().unwrap_or_default(), error["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_store_that_is_down_before_the_claim_means_nothing_is_done() {
    let (store, effects) = (Faulty::new(), Effects::default());
    let mut wire = Wire::open(store.clone(), effects.clone()).await;
    store.fail_claims(u32::MAX, false);
    let refused = wire.act(5, "the-first-key").await;
    assert_eq!(error_of(&refused), ("transient", "store_unavailable"));
    assert_eq!(refused["structuredContent"]["error"]["retryable"], true);
    assert_eq!(effects.count(), 0);
    store.fail_claims(0, false);
    assert_eq!(wire.act(5, "the-first-key").await["isError"], false);
    assert_eq!(effects.count(), 1);
}

#[tokio::test]
async fn a_claim_whose_acknowledgement_was_lost_is_recognized() {
    let (store, effects) = (Faulty::new(), Effects::default());
    let mut wire = Wire::open(store.clone(), effects.clone()).await;
    store.fail_claims(1, true);
    assert_eq!(wire.act(5, "the-first-key").await["isError"], false);
    assert_eq!(wire.act(5, "the-first-key").await["_meta"]["mcp-guard/replayed"], true);
    assert_eq!(effects.count(), 1);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_refused() {
    let (mut store, effects) = (Faulty::new(), Effects::default());
    store.unreadable = true;
    let mut wire = Wire::open(store, effects.clone()).await;
    assert_eq!(error_of(&wire.act(5, "the-first-key").await), ("internal", "record_unreadable"));
    assert_eq!(effects.count(), 0);
}

/// The effect is a fact, whoever knows it: the caller is told, and the record follows.
#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_at_the_end_does_not_hide_the_result() {
    for after_applying in [false, true] {
        let (store, effects) = (Faulty::new(), Effects::default());
        let mut wire = Wire::open(store.clone(), effects.clone()).await;
        store.fail_settlements(3, after_applying);
        let result = wire.act(5, "the-first-key").await;
        assert_eq!(result["structuredContent"]["result"], 5);
        assert_eq!(result["_meta"]["mcp-guard/durable"], false);
        if !after_applying {
            let early = wire.act(5, "the-first-key").await;
            assert_eq!(error_of(&early), ("idempotent", "in_flight"));
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        let replay = wire.act(5, "the-first-key").await;
        assert_eq!(replay["_meta"]["mcp-guard/replayed"], true, "{replay}");
        assert_eq!(replay["content"], result["content"]);
        assert_eq!(effects.count(), 1);
    }
}

/// A limit that was lowered, or a tier that was lost, must not make an agent mint a new key for what
/// it has done already.
#[tokio::test]
async fn what_is_recorded_is_replayed_even_beyond_the_limit() {
    let (store, effects) = (Faulty::new(), Effects::default());
    let mut wire = Wire::open(store, effects.clone()).await;
    assert_eq!(error_of(&wire.act(101, "the-first-key").await), ("authz", "limit_exceeded"));
    assert_eq!(effects.count(), 0);
    assert_eq!(wire.act(100, "the-first-key").await["isError"], false, "a refusal spends no key");
    assert_eq!(error_of(&wire.act(101, "the-first-key").await), ("idempotent", "key_conflict"));
    assert_eq!(effects.count(), 1);
}

/// The moment could not be marked, so the body has not acted: the key is free, whether or not the
/// mark was made.
#[tokio::test]
async fn a_store_that_is_down_at_the_dispatch_means_nothing_is_done() {
    for after_applying in [false, true] {
        let (store, effects) = (Faulty::new(), Effects::default());
        let mut wire = Wire::open(store.clone(), effects.clone()).await;
        fail(&store.dispatch, 1, after_applying);
        let refused = wire.call("act_when_dispatched", 5, "the-first-key").await;
        assert_eq!(error_of(&refused), ("transient", "not_dispatched"));
        assert_eq!(effects.count(), 0);
        let done = wire.call("act_when_dispatched", 5, "the-first-key").await;
        assert_eq!(done["isError"], false, "{done}");
        assert_eq!(effects.count(), 1);
    }
}

/// What a look has found is told once it is recorded, and not before.
#[tokio::test]
async fn a_store_that_is_down_while_an_outcome_is_found_out_keeps_it_unknown() {
    for after_applying in [false, true] {
        let (store, effects) = (Faulty::new(), Effects::default());
        let mut wire = Wire::open(store.clone(), effects.clone()).await;
        let lost = wire.call("act_and_forget", 5, "the-first-key").await;
        assert_eq!(error_of(&lost), ("unknown", "no_answer"));
        fail(&store.resolve, 1, after_applying);
        let refused = wire.call("act_and_forget", 5, "the-first-key").await;
        assert_eq!(error_of(&refused), ("transient", "store_unavailable"));
        let found = wire.call("act_and_forget", 5, "the-first-key").await;
        assert_eq!(found["structuredContent"]["result"], 5, "{found}");
        assert_eq!(found["_meta"]["mcp-guard/replayed"], true);
        assert_eq!(effects.count(), 1);
    }
}

/// A person who is not told whether it was recorded looks again, and may say the same once more.
#[tokio::test]
async fn a_store_that_is_down_while_a_person_resolves_says_so() {
    for after_applying in [false, true] {
        let (store, effects) = (Faulty::new(), Effects::default());
        let mut wire = Wire::open(store.clone(), effects.clone()).await;
        let lost = wire.call("act_and_forget", 5, "the-first-key").await;
        assert_eq!(error_of(&lost), ("unknown", "no_answer"));
        let guard = guard(store.clone(), effects);
        let operations = guard.operations();
        let unknown = operations.unresolved(None, 10).await.expect("a store").operations.remove(0);
        let done = || Resolution::Done(Some(json!(5)));
        fail(&store.resolve, 1, after_applying);
        let refused = operations.resolve(&unknown, done(), "alice").await;
        assert_eq!(refused, Err(ResolveError::Store(gone())));
        let found = operations.find(unknown.id).await.expect("a store").expect("an operation");
        assert_eq!(found.status.as_str(), if after_applying { "done" } else { "unknown" });
        assert_eq!(operations.resolve(&unknown, done(), "alice").await, Ok(()));
        let told = wire.call("act_and_forget", 5, "the-first-key").await;
        assert_eq!(told["structuredContent"]["result"], 5, "{told}");
    }
}
