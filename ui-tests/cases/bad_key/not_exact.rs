//! What is compared is exact. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent(key = [price]), any_caller, budget(calls <= 5, per = "1h", of = fee))]
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
