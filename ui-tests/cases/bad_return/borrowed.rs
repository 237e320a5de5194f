//! The answer leaves the function. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    caller: &Caller,
) -> Result<&str, Infallible> {
    let _ = caller;
    Ok("")
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
