//! A generic argument is being typed. (1 mistake)
use mcp_guard::prelude::*;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// What.
    what: Vec<
) -> std::result::Result<usize, std::convert::Infallible> {
    Ok(what.len())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
