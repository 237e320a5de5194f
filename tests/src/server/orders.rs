//! The tools that work: a refund, and a look at an order.

use std::time::Duration;

use mcp_guard::{GuardBuilder, prelude::*};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backend::{Backend, BackendError, Refund};
use crate::ledger::Entry;

pub(super) fn register(builder: GuardBuilder) -> GuardBuilder {
    builder.tool::<create_refund>().tool::<slow_refund>().tool::<get_order>().tool::<who_am_i>()
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Defect,
    Late,
    Goodwill,
}

/// Issue a refund for a paid order.
#[guarded_tool(idempotent, max_amount = 50000, scope = "refunds")]
async fn create_refund(
    backend: &Backend,
    effect: &Effect,
    /// Order to refund, such as `ord_8821`.
    order_id: String,
    /// Amount to refund, in cents.
    #[schemars(range(min = 1))]
    amount_cents: u64,
    /// Why the refund is issued.
    reason: Reason,
) -> Result<Refund, BackendError> {
    let entry =
        Entry { tool: "create_refund".into(), order_id, amount_cents, key: effect.key().into() };
    if entry.order_id == "ord_missing" {
        return Err(BackendError::NoSuchOrder(entry.order_id));
    }
    // Every argument counts towards the answer, so that none can be dropped unnoticed.
    let mut refund = backend.act(&entry)?;
    refund.refund_id += match reason {
        Reason::Defect => "_defect",
        Reason::Late => "_late",
        Reason::Goodwill => "_goodwill",
    };
    Ok(refund)
}

/// Issue a refund that takes a while; a second call waits for the first.
#[guarded_tool(
    idempotent(in_flight = wait("8s")),
    max_amount = 50000,
    scope = "refunds",
    timeout = "20s"
)]
async fn slow_refund(
    backend: &Backend,
    effect: &Effect,
    /// Order to refund.
    order_id: String,
    /// Amount to refund, in cents.
    amount_cents: u64,
    /// How long it takes.
    millis: u32,
) -> Result<Refund, BackendError> {
    let entry =
        Entry { tool: "slow_refund".into(), order_id, amount_cents, key: effect.key().into() };
    backend.begin(&entry)?;
    tokio::time::sleep(Duration::from_millis(millis.into())).await;
    backend.act(&entry)
}

/// What else to tell about an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Include {
    /// Its refunds.
    refunds: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    order_id: String,
    refunded_cents: Option<u64>,
}

/// Look at an order.
#[guarded_tool(read_only, scope = "orders")]
async fn get_order(
    backend: &Backend,
    /// Order to look at.
    order_id: String,
    /// What else to tell.
    include: Option<Include>,
) -> Result<Order, BackendError> {
    if order_id == "ord_missing" {
        return Err(BackendError::NoSuchOrder(order_id));
    }
    let of_order = backend.effects.entries().into_iter().filter(|e| e.order_id == order_id);
    let refunded = of_order.map(|entry| entry.amount_cents).sum();
    let refunded_cents = include.is_some_and(|include| include.refunds).then_some(refunded);
    Ok(Order { order_id, refunded_cents })
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Identity {
    subject: String,
    everything_visible: String,
}

/// Tell who is calling.
#[guarded_tool(read_only, any_caller)]
async fn who_am_i(caller: &Caller) -> Result<Identity, BackendError> {
    Ok(Identity { subject: caller.subject().into(), everything_visible: format!("{caller:?}") })
}
