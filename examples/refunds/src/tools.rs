//! The tools that the model is given.

use mcp_guard::prelude::*;

use crate::payments::{PaidOrder, Payments, Reason, Refund, RefundError};

/// Return the deposit that a customer left with an order, in whole or in part.
//
// The simplest form. It is the customer's own money, and the payments service does not return more
// of it than there is. If it cannot be known whether it was returned, a person finds out.
#[guarded_tool(idempotent, max_amount = 50000, scope = "refunds")]
pub(crate) async fn return_deposit(
    payments: &Payments,
    effect: &Effect,
    /// Order that the deposit was left with, such as `ord_8821`.
    order_id: String,
    /// Amount to return, in cents.
    #[schemars(range(min = 1))]
    amount_cents: u64,
) -> Result<Refund, RefundError> {
    payments.return_deposit(&order_id, amount_cents, effect.key()).await
}

/// Issue a refund for a paid order. The amount must not exceed the order's total.
//
// Two refunds of one order may be two things, so nothing but the model's key says that they are one.
// What that leaves open, the budget closes: amounts that are split, and keys that are made up. A call
// of which nobody knows whether it paid is looked up by the guard itself.
#[guarded_tool(
    idempotent(on_unknown = reconcile(find_refund)),
    max_amount = 50000,
    budget(amount_cents <= 100_000, per = "24h"),
    scope = "refunds"
)]
pub(crate) async fn create_refund(
    payments: &Payments,
    effect: &Effect,
    /// Order to refund, such as `ord_8821`.
    order_id: String,
    /// Amount to refund, in cents.
    #[schemars(range(min = 1))]
    amount_cents: u64,
    /// Why the refund is issued.
    reason: Reason,
) -> Result<Refund, RefundError> {
    payments.refund(&order_id, amount_cents, reason, effect.key()).await
}

/// What became of a refund of which nobody heard the end.
async fn find_refund(
    payments: &Payments,
    effect: &Effect,
    _order_id: String,
    _amount_cents: u64,
    _reason: Reason,
) -> Result<Reconciled<Refund>, RefundError> {
    Ok(match payments.find(effect.key()).await? {
        Some(refund) => Reconciled::Landed(refund),
        // Never `NotLanded`: the request may be slow, and land after a second one was let through.
        None => Reconciled::StillUnknown,
    })
}

/// Refund the delivery fee of an order that came late. Once for each order.
//
// An order is delivered once, so a second refund of its fee is the same one, whatever key the model
// makes up. The payments service pays once for each `effect.key()`, so a call that did not hear the
// end may simply be sent again.
#[guarded_tool(
    idempotent(key = [order_id], on_unknown = retry),
    budget(calls <= 20, per = "24h"),
    scope = "refunds"
)]
pub(crate) async fn refund_delivery(
    payments: &Payments,
    effect: &Effect,
    /// Order that came late, such as `ord_8821`.
    order_id: String,
) -> Result<Refund, RefundError> {
    payments.refund_delivery(&order_id, effect.key()).await
}

/// Look up a paid order: its total, what of it has been refunded, and what is held as a deposit.
#[guarded_tool(read_only, scope = "orders")]
pub(crate) async fn get_order(
    payments: &Payments,
    /// Order to look up, such as `ord_8821`.
    order_id: String,
) -> Result<PaidOrder, RefundError> {
    payments.order(&order_id).await
}
