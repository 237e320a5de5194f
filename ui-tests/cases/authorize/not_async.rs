//! What decides is asynchronous. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

fn may(_: &Caller) -> bool {
    true
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = may)]
async fn act() -> Result<u8, Infallible> {
    Ok(1)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
