//! What is summed, and what tells budgets apart, is read as it is sent. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller, budget(price <= 5, per = "1h", of = account))]
async fn act(
    /// How much.
    #[serde(deserialize_with = "read")]
    price: u64,
    /// Whose.
    #[serde(rename(deserialize = "whose"))]
    account: String,
) -> Result<(), Infallible> {
    let _ = (price, account);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
