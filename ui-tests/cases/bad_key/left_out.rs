//! What could be left out would make another key. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent(key = [order, reason, line]), any_caller)]
async fn act(
    /// For what.
    order: Option<String>,
    /// Why.
    #[serde(default)]
    reason: String,
    /// Which.
    #[serde(rename(deserialize = "row"))]
    line: u32,
) -> Result<(), Infallible> {
    let _ = (order, reason, line);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
