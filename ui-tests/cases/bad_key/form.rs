//! The form of a key. (4 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent(key = order), any_caller)]
async fn without_brackets(
    /// For what.
    order: String,
) -> Result<(), Infallible> {
    let _ = order;
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(key = ["order"]), any_caller)]
async fn in_quotes(
    /// For what.
    order: String,
) -> Result<(), Infallible> {
    let _ = order;
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(key("order")), any_caller)]
async fn in_parentheses(
    /// For what.
    order: String,
) -> Result<(), Infallible> {
    let _ = order;
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(key = []), any_caller)]
async fn of_nothing(
    /// For what.
    order: String,
) -> Result<(), Infallible> {
    let _ = order;
    Ok(())
}

fn main() {
    let _ = Guard::builder()
        .tool::<without_brackets>()
        .tool::<in_quotes>()
        .tool::<in_parentheses>()
        .tool::<of_nothing>();
}
