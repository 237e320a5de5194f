//! An amount is always sent. (1 mistake)
use mcp_guard::prelude::*;

/// Refund an order, or a part of it.
#[guarded_tool(idempotent, max_amount = 50000, scope = "refunds")]
async fn create_refund(
    /// Cents.
    amount_cents: Option<u64>,
) -> Result<u64, std::convert::Infallible> {
    Ok(amount_cents.unwrap_or(u64::MAX))
}

fn main() {
    let _ = Guard::builder().tool::<create_refund>();
}
