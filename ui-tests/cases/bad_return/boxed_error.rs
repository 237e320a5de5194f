//! Nor does any error in a box. (1 mistake)
use mcp_guard::prelude::*;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<u8, Box<dyn std::error::Error>> {
    Ok(1)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
