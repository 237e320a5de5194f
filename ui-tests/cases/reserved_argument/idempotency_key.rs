//! The key is the guard's. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller)]
async fn act(
    /// The key.
    idempotency_key: String,
) -> Result<(), Infallible> {
    let _ = idempotency_key;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
