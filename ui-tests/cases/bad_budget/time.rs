//! A budget is for a time. (5 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    budget(calls <= 5, per = 3600),
    budget(calls <= 5, per = "0s"),
    budget(calls <= 5, per = "a day"),
    budget(calls <= 5, of = tool),
    budget(calls <= 5, per),
)]
async fn act() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
