//! An amount is not negative, and a limit fits its type. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    max_amount = -1,
    limit(fee <= 999999999999999999999999999999999999999999),
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
