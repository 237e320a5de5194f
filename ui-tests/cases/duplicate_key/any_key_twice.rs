//! Each key is written once. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent(retain = "24h", retain = "12h"),
    any_caller,
    timeout = "1s",
    timeout = "2s",
    name = "a",
    name = "b",
)]
async fn act() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
