//! A sum is of what can be measured. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller, budget(name <= 3, per = "1h"))]
async fn act(
    /// Whose.
    name: String,
) -> Result<(), Infallible> {
    let _ = name;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
