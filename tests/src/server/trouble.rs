//! The tools that misbehave, each in one way.

use std::{future, io};

use mcp_guard::{GuardBuilder, prelude::*};

use super::backend::{Backend, BackendError, CANARY, PANIC_CANARY, Refund};
use crate::ledger::Entry;

pub(super) fn register(builder: GuardBuilder) -> GuardBuilder {
    builder
        .tool::<panic_after_acting>()
        .tool::<panic_while_reading>()
        .tool::<lose_the_answer>()
        .tool::<lose_the_answer_of_a_deduplicating_backend>()
        .tool::<lose_the_answer_of_a_question>()
        .tool::<be_busy_at_first>()
        .tool::<refuse_rudely>()
        .tool::<break_down>()
        .tool::<hang_after_acting>()
        .tool::<hang_after_acting_once>()
}

fn entry(tool: &str, order_id: String, effect: &Effect) -> Entry {
    Entry { tool: tool.into(), order_id, amount_cents: 1, key: effect.key().into() }
}

/// Act, then panic.
#[guarded_tool(idempotent, any_caller)]
async fn panic_after_acting(
    backend: &Backend,
    effect: &Effect,
    /// Order to act on.
    order_id: String,
) -> Result<Refund, BackendError> {
    let refund = backend.act(&entry("panic_after_acting", order_id, effect))?;
    panic!("{PANIC_CANARY} {refund:?}");
}

/// Panic.
#[guarded_tool(read_only, any_caller)]
async fn panic_while_reading(
    /// Order to look at.
    order_id: String,
) -> Result<Refund, BackendError> {
    panic!("{PANIC_CANARY} {order_id}");
}

/// Act, then say that it is not known whether it was done.
#[guarded_tool(idempotent, any_caller)]
async fn lose_the_answer(
    backend: &Backend,
    effect: &Effect,
    /// Order to act on.
    order_id: String,
) -> Result<Refund, BackendError> {
    backend.act(&entry("lose_the_answer", order_id, effect))?;
    Err(BackendError::NoAnswer)
}

/// Act once for each downstream key, and lose the first answer.
#[guarded_tool(idempotent(on_unknown = retry), any_caller)]
async fn lose_the_answer_of_a_deduplicating_backend(
    backend: &Backend,
    effect: &Effect,
    /// Order to act on.
    order_id: String,
) -> Result<Refund, BackendError> {
    let entry = entry("lose_the_answer_of_a_deduplicating_backend", order_id, effect);
    match backend.act_once(&entry)? {
        (_, true) => Err(BackendError::NoAnswer),
        (refund, false) => Ok(refund),
    }
}

/// Lose the answer of a question, which harms nobody.
#[guarded_tool(read_only, any_caller)]
async fn lose_the_answer_of_a_question(
    /// Order to look at.
    order_id: String,
) -> Result<Refund, BackendError> {
    drop(order_id);
    Err(BackendError::NoAnswer)
}

/// Be busy for the first call with a key, and act for the second.
#[guarded_tool(idempotent, any_caller)]
async fn be_busy_at_first(
    backend: &Backend,
    effect: &Effect,
    /// Order to act on.
    order_id: String,
) -> Result<Refund, BackendError> {
    let entry = entry("be_busy_at_first", order_id, effect);
    if backend.begin(&entry)? == 1 {
        return Err(BackendError::Busy);
    }
    backend.act(&entry)
}

/// Refuse, with a text that is nobody's business.
#[guarded_tool(idempotent, any_caller)]
async fn refuse_rudely(
    /// Order to refuse.
    order_id: String,
) -> Result<Refund, BackendError> {
    Err(BackendError::Refused(io::Error::other(format!("{CANARY} {order_id}"))))
}

/// Break, with a text that is nobody's business.
#[guarded_tool(read_only, any_caller)]
async fn break_down(
    /// Order to break on.
    order_id: String,
) -> Result<Refund, BackendError> {
    drop(order_id);
    Err(BackendError::Broken)
}

/// Act, then never answer.
#[guarded_tool(idempotent(lease = "1s"), any_caller, timeout = "60s")]
async fn hang_after_acting(
    backend: &Backend,
    effect: &Effect,
    /// Order to act on.
    order_id: String,
) -> Result<Refund, BackendError> {
    backend.act(&entry("hang_after_acting", order_id, effect))?;
    future::pending().await
}

/// Act once for each downstream key, and never answer the first call.
#[guarded_tool(idempotent(lease = "1s", on_unknown = retry), any_caller, timeout = "60s")]
async fn hang_after_acting_once(
    backend: &Backend,
    effect: &Effect,
    /// Order to act on.
    order_id: String,
) -> Result<Refund, BackendError> {
    match backend.act_once(&entry("hang_after_acting_once", order_id, effect))? {
        (_, true) => future::pending().await,
        (refund, false) => Ok(refund),
    }
}
