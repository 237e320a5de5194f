//! Trying again needs the key. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent(on_unknown = retry), any_caller)]
async fn act() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
