//! Each value is of its key's kind. (7 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    read_only = true,
    any_caller(true),
    timeout = 30,
    name = refund,
    title("Refund"),
    destructive = "no",
    open_world(false),
)]
async fn act() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
