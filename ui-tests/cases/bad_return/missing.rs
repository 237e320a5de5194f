//! A tool says what it did. (1 mistake)
use mcp_guard::prelude::*;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() {
    
}

fn main() {
    let _ = Guard::builder().tool::<act>();
    let _ = act();
}
