//! A limit is for what can be measured. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Cents(u64);

/// Do it.
#[guarded_tool(idempotent, any_caller, max_amount = 5, limit(name <= 3))]
async fn act(
    /// How much.
    #[amount]
    price: Cents,
    /// Whose.
    name: String,
) -> Result<(), Infallible> {
    let _ = (price.0, name);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
