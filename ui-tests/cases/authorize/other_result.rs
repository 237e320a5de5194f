//! What decides says yes or no. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

async fn may(_: &Caller) -> Option<bool> {
    None
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = may)]
async fn act() -> Result<u8, Infallible> {
    Ok(1)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
