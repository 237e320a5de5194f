//! A limit is an integer literal. (4 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    max_amount = "50000",
    limit(price <= 5.0),
    limit(fee <= MAX),
    limit(tip <= 5u64),
)]
async fn act(
    /// How much.
    price: u64,
    /// How much.
    fee: u64,
    /// How much.
    tip: u64,
) -> Result<(), Infallible> {
    let _ = (price, fee, tip);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
