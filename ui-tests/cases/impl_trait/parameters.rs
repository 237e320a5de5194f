//! The schema and what is provided are of one type. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// What.
    what: impl ToString,
    /// Which.
    which: Vec<impl ToString>,
    shop: &impl ToString,
) -> Result<(), Infallible> {
    let _ = (what.to_string(), which.len(), shop.to_string());
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
