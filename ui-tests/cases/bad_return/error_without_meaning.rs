//! Its failures mean something. (1 mistake)
use mcp_guard::prelude::*;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<(), std::fmt::Error> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
