//! No parameter has an amount's name. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller, max_amount = 5)]
async fn act(
    /// How much.
    price: u64,
) -> Result<(), Infallible> {
    let _ = price;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
