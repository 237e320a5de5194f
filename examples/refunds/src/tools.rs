//! The tools that the model is given.

use mcp_guard::prelude::*;

use crate::payments::{PaidOrder, Payments, Reason, Refund, RefundError};

/// Issue a refund for a paid order. The amount must not exceed the order's total.
#[guarded_tool(idempotent, max_amount = 50000, scope = "refunds")]
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

/// Look up a paid order: its total, and what of it has been refunded.
#[guarded_tool(read_only, scope = "orders")]
pub(crate) async fn get_order(
    payments: &Payments,
    /// Order to look up, such as `ord_8821`.
    order_id: String,
) -> Result<PaidOrder, RefundError> {
    payments.order(&order_id).await
}
