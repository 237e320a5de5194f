//! An argument is read and described. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct What;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// What.
    what: What,
) -> Result<(), Infallible> {
    let _ = what;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
