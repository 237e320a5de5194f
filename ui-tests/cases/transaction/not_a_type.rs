//! A transaction is found by its type. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent(store = "transaction"), any_caller)]
async fn act(
    tx: &mut dyn Send,
) -> Result<(), Infallible> {
    let _ = tx;
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(store = "transaction"), any_caller)]
async fn with_a_lifetime(
    tx: &'static mut u8,
) -> Result<(), Infallible> {
    let _ = tx;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>().tool::<with_a_lifetime>();
}
