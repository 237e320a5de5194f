//! A scope is one that OAuth can carry. (5 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    scope("", "read write", "käse", "a\"b"),
    max_amount = 5,
    limit(amount <= 9, scope = "a b"),
)]
async fn act(
    /// How much.
    amount: u64,
) -> Result<(), Infallible> {
    let _ = amount;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
