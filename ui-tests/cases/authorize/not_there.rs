//! What decides is there. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = no_such_function)]
async fn act() -> Result<u8, Infallible> {
    Ok(1)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
