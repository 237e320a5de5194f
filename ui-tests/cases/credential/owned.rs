//! Owned parameters are the model's. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, scope = "orders")]
async fn act(
    /// What it is done with.
    credential: Credential,
) -> Result<usize, Infallible> {
    Ok(credential.expose().len())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
