//! There is nothing to bound. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<(), Infallible>
where
    u8: Copy, {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
