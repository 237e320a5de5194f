//! Several could be the amount. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller, max_amount = 5)]
async fn act(
    /// How much.
    amount: u64,
    /// How much.
    fee_amount: Option<i32>,
    /// How much.
    amount_text: String,
) -> Result<(), Infallible> {
    let _ = (amount, fee_amount, amount_text);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
