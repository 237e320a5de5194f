//! A parameter is an argument's name. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// Two.
    (one, two): (u8, u8),
    /// None.
    _: u8,
    /// By reference.
    ref three: u8,
) -> Result<(), Infallible> {
    let _ = (one, two, three);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
    let _ = act((1, 2), 3, 4);
}
