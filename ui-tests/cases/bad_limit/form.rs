//! The form of a limit. (8 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    limit,
    limit(),
    limit(price),
    limit(price < 5),
    limit(5 >= price),
    limit(price <= 5, per = "1h"),
    limit(price <= 5, scope = "bulk", scope = "large"),
    limit = 5,
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
