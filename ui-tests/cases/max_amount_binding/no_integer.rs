//! What has the name is no integer. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Cents(u64);

/// Do it.
#[guarded_tool(idempotent, any_caller, max_amount = 5)]
async fn act(
    /// How much.
    amount: Cents,
) -> Result<(), Infallible> {
    let _ = amount.0;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
