//! What could be left out would be. (4 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    max_amount = 5,
    budget(amount <= 5, per = "1h"),
    budget(price <= 5, per = "1h", of = account),
    budget(calls <= 5, per = "1h", of = order),
)]
async fn act(
    /// How much.
    amount: Option<u64>,
    /// How much.
    #[serde(default)]
    price: u64,
    /// Whose.
    #[serde(rename = "whose", default = "everyone")]
    account: String,
    /// For what.
    order: Option<String>,
) -> Result<(), Infallible> {
    let _ = (amount, price, account, order);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
