//! `#[amount]` is there for a limit, and takes no value. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller)]
async fn act(
    /// How much.
    #[amount]
    price: u64,
) -> Result<(), Infallible> {
    let _ = price;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
