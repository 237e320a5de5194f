//! Of two budgets for the same, one is superfluous. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    budget(calls <= 5, per = "1h"),
    budget(calls <= 6, per = "60m", of = caller),
    budget(calls <= 6, per = "60m", of = tool),
    budget(price <= 5, per = "1h", of = account),
    budget(price <= 5, of = account, per = "1h"),
)]
async fn act(
    /// How much.
    price: u64,
    /// Whose.
    account: String,
) -> Result<(), Infallible> {
    let _ = (price, account);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
