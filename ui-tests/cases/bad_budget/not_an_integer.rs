//! A sum is of integers. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    budget(price <= 5, per = "1h"),
    budget(fee <= 5, per = "1h"),
)]
async fn act(
    /// How much.
    price: f64,
    /// How much.
    fee: Option<f32>,
) -> Result<(), Infallible> {
    let _ = (price, fee);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
