//! A key is of arguments, each once. (6 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent(key = [ordr, customer, shop, order, order, customer]), any_caller)]
async fn act(
    shop: &u8,
    /// For what.
    order: String,
) -> Result<(), Infallible> {
    let _ = (shop, order);
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(key = [order]), any_caller)]
async fn nothing() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>().tool::<nothing>();
}
