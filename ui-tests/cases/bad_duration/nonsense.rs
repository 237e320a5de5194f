//! A duration is a whole number with a unit. (5 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent(retain = "a day", tombstone = "1.5h", lease = "60", in_flight = wait("5 s")),
    any_caller,
    timeout = "",
)]
async fn act() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
