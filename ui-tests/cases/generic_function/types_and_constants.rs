//! One tool has one schema. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act<T: Send, const N: usize>(
    /// What.
    what: Vec<T>,
) -> Result<(), Infallible> {
    let _ = what;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
