//! The moment is marked with the effect. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent(dispatch), any_caller)]
async fn act() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(dispatch = true), any_caller)]
async fn with_a_value() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>().tool::<with_a_value>();
}
