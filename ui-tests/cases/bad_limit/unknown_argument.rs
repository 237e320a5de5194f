//! A limit is for an argument. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller, limit(quantty <= 5), limit(weight <= 5), limit(shop <= 5))]
async fn act(
    shop: &u64,
    /// How much.
    quantity: u64,
) -> Result<(), Infallible> {
    let _ = (shop, quantity);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
