//! A limit that cannot be read is the only mistake. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller, limit(price <= MAX), limit(price <= 5, scope = "large"))]
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
