//! It may fail. (1 mistake)
use mcp_guard::prelude::*;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> u8 {
    0
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
