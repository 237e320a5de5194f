//! What is summed is an argument. (4 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    budget(call <= 5, per = "1h"),
    budget(quantty <= 5, per = "1h"),
    budget(weight <= 5, per = "1h"),
    budget(shop <= 5, per = "1h"),
)]
async fn act(
    shop: &u64,
    /// How many.
    quantity: u64,
) -> Result<(), Infallible> {
    let _ = (shop, quantity);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
