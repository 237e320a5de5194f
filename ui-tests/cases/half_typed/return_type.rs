//! The return type is not there yet. (1 mistake)
use mcp_guard::prelude::*;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> {
    Ok(1)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
