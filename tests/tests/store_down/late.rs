//! What is known here and not recorded: the log names it, so that a person can look for it.

use std::{collections::HashSet, sync::Arc, time::Duration};

use guard_tests::log::Log;
use mcp_guard::{Call, Guard, ManualClock, Operation, Resolution, Timestamp, prelude::*};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Effects, Faulty, guard};

/// Longer than the store is asked again.
const LONG: Duration = Duration::from_secs(600);

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)))
}

async fn call(guard: &Guard, tool: &str, key: &str) -> Value {
    let arguments = json!({"amount": 5, "idempotency_key": key});
    let reply = guard.call(Call::new(tool, arguments, Some(Caller::local("agent")))).await;
    serde_json::from_str(reply.expect("a tool").body()).expect("JSON")
}

/// The operation that nobody has settled when its lease has run out.
async fn lapsed(guard: &Guard, clock: &ManualClock) -> Operation {
    clock.advance(Duration::from_secs(86_400));
    guard.operations().unresolved(None, 10).await.expect("a store").operations.remove(0)
}

/// A person has said that it was not done, and it was: nobody else will ever know.
#[tokio::test(start_paused = true)]
async fn an_outcome_that_is_refused_late_is_an_error_and_no_success() {
    let (log, clock) = (Log::keep(), clock());
    let (store, effects) = (Faulty::at(&clock), Effects::default());
    let guard = guard(store.clone(), effects.clone());
    store.fail_settlements(1, false);
    assert_eq!(call(&guard, "act", "the-first-key").await["result"], 5);
    let operation = lapsed(&guard, &clock).await;
    let resolved = guard.operations().resolve(&operation, Resolution::NotDone, "alice").await;
    assert_eq!(resolved, Ok(()));
    sleep(LONG).await;
    let told = log.lines("ERROR", "has been settled otherwise");
    assert_eq!(told.len(), 1, "{told:?}");
    for part in ["tool=\"act\"", &format!("operation={}", operation.id), "outcome=\"done\""] {
        assert!(told[0].contains(part), "{part}: {told:?}");
    }
    assert_eq!(log.lines("INFO", "done late"), Vec::<String>::new(), "it was not recorded");
    assert_eq!(effects.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_is_never_recorded_is_given_up_as_an_error() {
    let (log, clock) = (Log::keep(), clock());
    let store = Faulty::at(&clock);
    let guard = guard(store.clone(), Effects::default());
    store.fail_settlements(u32::MAX, false);
    assert_eq!(call(&guard, "act", "the-first-key").await["result"], 5);
    sleep(LONG).await;
    let operation = lapsed(&guard, &clock).await.id.to_string();
    let told = log.lines("ERROR", "given up");
    assert_eq!(told.len(), 1, "{told:?}");
    let later = log.lines("WARN", "not done yet");
    assert!(!later.is_empty());
    for line in told.iter().chain(&later).chain(&log.lines("ERROR", "not recorded yet")) {
        assert!(line.contains(&operation) && line.contains("tool=\"act\""), "{line}");
        assert!(line.contains("outcome=\"done\""), "{line}");
    }
}

/// While the store is down, every call is refused, and each may have left a claim behind. Looking for those
/// must not fill the server's memory.
#[tokio::test(start_paused = true)]
async fn refused_calls_leave_little_behind_while_the_store_is_down() {
    const CALLS: usize = 1_100;
    const ROOM: usize = 1_024;
    let log = Log::keep();
    let store = Faulty::new();
    let guard = guard(store.clone(), Effects::default());
    let refused = async |number: usize| {
        let answer = call(&guard, "act_and_forget", &format!("key-number-{number}")).await;
        assert_eq!(answer["error"]["code"], "store_unavailable", "{answer}");
    };
    store.fail_claims(u32::MAX, false);
    for number in 0..CALLS {
        refused(number).await;
    }
    let asked = store.claims();
    assert!(asked.iter().all(|claim| claim.arguments.is_some()), "they are for the reconciler");
    assert_eq!(log.lines("WARN", "not tried").len(), CALLS - ROOM);
    sleep(Duration::from_millis(100)).await;
    let again = store.claims();
    let owners: HashSet<_> = again.iter().map(|claim| claim.owner).collect();
    assert_eq!(owners.len(), ROOM);
    assert!(again.iter().all(|claim| claim.arguments.is_none()), "nobody needs them for this");

    // Once the store answers, there is room again.
    store.fail_claims(0, false);
    sleep(LONG).await;
    assert_eq!(log.lines("INFO", "done late").len(), ROOM);
    store.fail_claims(u32::MAX, false);
    refused(CALLS).await;
    store.fail_claims(0, false);
    sleep(LONG).await;
    assert_eq!(log.lines("INFO", "done late").len(), ROOM + 1);
}
