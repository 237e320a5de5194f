//! A budget is a number that every store counts exactly, and allows something. (7 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    budget(price <= 0, per = "1h"),
    budget(price <= -5, per = "2h"),
    budget(price <= 9_007_199_254_740_992, per = "3h"),
    budget(price <= 999999999999999999999999999999999999999999, per = "4h"),
    budget(price <= 5.0, per = "5h"),
    budget(price <= MAX, per = "6h"),
    budget(calls <= 5u64, per = "7h"),
)]
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
