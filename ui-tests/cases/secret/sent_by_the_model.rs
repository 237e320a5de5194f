//! A model that is asked for a secret makes one up, or has been told one. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// The key.
    key: Secret,
) -> Result<usize, Infallible> {
    Ok(key.expose().len())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
