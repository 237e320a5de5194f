//! It is lent for the call. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    shop: &'static u8,
) -> Result<(), Infallible> {
    let _ = shop;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
