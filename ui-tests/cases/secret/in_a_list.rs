//! A secret is no answer, wherever it is. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<Vec<Option<Secret>>, Infallible> {
    Ok(Vec::new())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
