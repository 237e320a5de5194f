//! Settings are in parentheses, and each has its choices. (4 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent(retain = 24, in_flight = wait, on_unknown = "retry", lease("60s")),
    any_caller,
)]
async fn act() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
