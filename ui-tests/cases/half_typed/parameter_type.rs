//! A parameter's type is not there yet. (1 mistake)
use mcp_guard::prelude::*;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// What.
    what: ,
) -> std::result::Result<u8, std::convert::Infallible> {
    Ok(what)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
