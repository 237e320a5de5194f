//! The form of a budget. (10 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    budget,
    budget = 5,
    budget(),
    budget(price),
    budget(price < 5, per = "1h"),
    budget(price <= 5 per = "1h"),
    budget(price <= 5),
    budget(price <= 5, pre = "1h"),
    budget(price <= 5, per = "1h", per = "2h"),
    budget(price <= 5, per = "1h", scope = "large"),
    budget(price <= 5, per = "1h"),
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
