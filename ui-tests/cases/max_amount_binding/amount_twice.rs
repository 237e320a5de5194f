//! There is one amount. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller, max_amount = 5)]
async fn act(
    /// How much.
    #[amount]
    price: u64,
    /// How much.
    #[amount]
    fee: u64,
) -> Result<(), Infallible> {
    let _ = (price, fee);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
