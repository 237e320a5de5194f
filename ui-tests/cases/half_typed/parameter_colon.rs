//! A parameter is a name so far. (1 mistake)
use mcp_guard::prelude::*;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// What.
    #[schemars(range(min = 1))]
    what
) -> std::result::Result<u8, std::convert::Infallible> {
    Ok(what)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
