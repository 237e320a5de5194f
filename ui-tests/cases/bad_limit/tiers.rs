//! A tier is higher than everyone's limit, and there is one for a scope. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    limit(amount <= 9, scope = "a"),
    limit(amount <= 5, scope = "b"),
    limit(amount <= 8, scope = "a"),
    limit(fee <= 5, scope = "a"),
    max_amount = 5,
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
