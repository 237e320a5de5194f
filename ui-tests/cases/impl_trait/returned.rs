//! What is returned has a name. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<impl serde::Serialize, Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
