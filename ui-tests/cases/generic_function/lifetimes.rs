//! There is no lifetime to choose. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act<'a>(
    caller: &'a Caller,
) -> Result<(), Infallible> {
    let _ = caller;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
