//! Text does not say what a failure means. (1 mistake)
use mcp_guard::prelude::*;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<u8, String> {
    Ok(1)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
