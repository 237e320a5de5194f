//! Each type is told of where it is written, and nothing follows from it. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

#[derive(schemars::JsonSchema)]
struct Unread;

#[derive(serde::Deserialize)]
struct Undescribed;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Sound;

/// Do it.
#[guarded_tool(idempotent(key = [first]), any_caller, authorize = may(second, third))]
async fn act(
    /// First.
    first: Unread,
    /// Second.
    second: Undescribed,
    /// Third.
    third: Sound,
) -> Result<(), Infallible> {
    let _ = (first, second, third);
    Ok(())
}

async fn may(_: &Caller, _: &Undescribed, _: &Sound) -> bool {
    true
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
