//! Who is shown which member. (10 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    read_only,
    any_caller,
    redact,
    redact(number),
    redact(scope = "pii"),
    redact(number, scope = "p i i"),
    redact(number, scopes = "pii"),
    redact(number = "pii"),
    redact(card.[0], scope = "pii"),
    redact(card holder, scope = "pii"),
    redact(number, scope = "pii", scope = "pci"),
    redact = "number"
)]
async fn act() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
