//! Looking into many unknown outcomes: what goes wrong with one does not hold up the others.

use std::time::Duration;

use guard_tests::log::Log;
use mcp_guard::{Call, KeptArguments, prelude::*};
use serde_json::json;
use tokio::time::sleep;

use super::{Effects, Faulty, NoAnswer, fail};

/// Amounts from here on are never found out about.
const LOST: u64 = 100;

/// Act, and have no answer.
#[guarded_tool(idempotent(on_unknown = reconcile(find)), any_caller)]
async fn act_in_doubt(
    effects: &Effects,
    /// How much.
    amount: u64,
) -> Result<u64, NoAnswer> {
    effects.act();
    let _ = amount;
    Err(NoAnswer)
}

async fn find(_effects: &Effects, amount: u64) -> Reconciled<u64> {
    if amount >= LOST {
        std::future::pending::<()>().await;
    }
    Reconciled::Landed(amount)
}

fn guard(store: &Faulty) -> Guard {
    let guard = Guard::builder()
        .provide(Effects::default())
        .store(store.clone())
        .reconcile_every(Duration::from_secs(3_600))
        .timeout(Duration::from_secs(30))
        .tool::<act_in_doubt>()
        .build();
    guard.expect("a guard")
}

async fn call(guard: &Guard, tool: &str, arguments: serde_json::Value) {
    let reply = guard.call(Call::new(tool, arguments, Some(Caller::local("agent")))).await;
    drop(reply.expect("a tool"));
}

/// Leaves so much in doubt, and lets another guard look into it once.
async fn looked_into(store: &Faulty, amounts: &[u64], trouble: impl FnOnce()) -> Guard {
    let first = guard(store);
    for amount in amounts {
        let key = format!("key-number-{amount}");
        call(&first, "act_in_doubt", json!({"amount": amount, "idempotency_key": key})).await;
    }
    drop(first);
    trouble();
    let second = guard(store);
    let asked = json!({"tool": "act_in_doubt", "idempotency_key": "never-seen-key"});
    call(&second, "operation_status", asked).await;
    second
}

async fn left(guard: &Guard) -> Vec<u64> {
    let left = guard.operations().unresolved(None, 100).await.expect("a store").operations;
    let amount = |arguments: &KeptArguments| match arguments {
        KeptArguments::Kept(arguments) => arguments["amount"].as_u64().expect("an amount"),
        other => panic!("{other:?}"),
    };
    left.iter().map(|operation| amount(&operation.arguments)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_recorded_keeps_nobody_from_the_others() {
    let (log, store) = (Log::keep(), Faulty::new());
    let trouble = || fail(&store.resolve, 1, false);
    let guard = looked_into(&store, &[1, 2, 3, 4, 5, 6], trouble).await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(left(&guard).await.len(), 1);
    let operation = guard.operations().unresolved(None, 1).await.expect("a store").operations[0].id;
    let told = log.lines("WARN", "could not be looked into");
    assert!(told.len() == 1 && told[0].contains(&operation.to_string()), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_look_that_takes_its_time_does_not_hold_up_the_others() {
    let store = Faulty::new();
    let amounts = [LOST, LOST + 1, LOST + 2, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    let guard = looked_into(&store, &amounts, || ()).await;
    sleep(Duration::from_secs(10)).await;
    let mut left = left(&guard).await;
    left.sort_unstable();
    assert_eq!(left, [LOST, LOST + 1, LOST + 2], "long before a look is out of time");
}
