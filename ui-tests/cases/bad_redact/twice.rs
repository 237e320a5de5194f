//! One scope shows a member. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    read_only,
    any_caller,
    redact(card.number, holder, scope = "pii"),
    redact(holder, card.number, scope = "pci"),
)]
async fn act() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
