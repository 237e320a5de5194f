//! However it is limited. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller, max_amount = 5, limit(weight <= 3))]
async fn act(
    /// How much.
    #[amount]
    price: Option<f32>,
    /// How heavy.
    weight: core::primitive::f64,
) -> Result<(), Infallible> {
    let _ = (price, weight);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
