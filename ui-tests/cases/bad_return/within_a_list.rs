//! What is in a list is an answer as well. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Line;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<Vec<Line>, Infallible> {
    Ok(Vec::new())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
