//! The answer goes on the wire. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Answer;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<Answer, Infallible> {
    Ok(Answer)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
