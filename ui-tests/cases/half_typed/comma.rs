//! A comma is missing. (1 mistake)
use mcp_guard::prelude::*;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// What.
    what: u8
    /// How many.
    times: u8
) -> std::result::Result<u8, std::convert::Infallible> {
    Ok(what * times)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
