//! It has no lifetimes. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

use std::borrow::Cow;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// A text.
    text: Cow<'_, str>,
) -> Result<(), Infallible> {
    let _ = text;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
