//! A tool has one schema, whatever is configured. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// On.
    #[cfg(all())]
    on: u8,
    /// Off.
    #[cfg(any())]
    off: u8,
    /// Sometimes described.
    #[cfg_attr(all(), schemars(range(min = 1)))]
    sometimes: u8,
) -> Result<u8, Infallible> {
    Ok(on + off + sometimes)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
