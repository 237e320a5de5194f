//! The form of what decides. (8 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller, authorize)]
async fn nobody() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = "owns_order")]
async fn in_quotes() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize(owns_order))]
async fn in_parentheses() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = |_| true)]
async fn closure() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = owns_order("ord_1"))]
async fn value() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = Self)]
async fn itself() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = one, authorize = other)]
async fn twice() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(read_only, any_caller, autorize = owns_order)]
async fn misspelled() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder()
        .tool::<nobody>()
        .tool::<in_quotes>()
        .tool::<in_parentheses>()
        .tool::<closure>()
        .tool::<value>()
        .tool::<itself>()
        .tool::<twice>()
        .tool::<misspelled>();
}
