//! The model is told how to send it. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

#[derive(serde::Deserialize)]
struct What(#[allow(dead_code)] u8);

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
