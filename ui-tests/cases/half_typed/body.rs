//! There is no body yet. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<u8, Infallible>;

fn main() {
    let _ = Guard::builder().tool::<act>();
}
