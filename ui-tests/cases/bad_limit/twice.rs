//! An argument has one limit for everyone. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    max_amount = 5,
    limit(amount <= 6),
    limit(fee <= 1),
    limit(fee <= 2),
)]
async fn act(
    /// How much.
    amount: u64,
    /// How much.
    fee: u64,
) -> Result<(), Infallible> {
    let _ = (amount, fee);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
