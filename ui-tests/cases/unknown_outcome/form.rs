//! The form of what finds out. (7 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent(on_unknown = reconcile), any_caller)]
async fn nobody() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(on_unknown = reconcile()), any_caller)]
async fn nothing() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(on_unknown = reconcile("find")), any_caller)]
async fn in_quotes() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(on_unknown = reconcile(find, find)), any_caller)]
async fn two() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(on_unknown = reconcile(find())), any_caller)]
async fn called() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(on_unknown = reconcile(Self)), any_caller)]
async fn itself() -> Result<(), Infallible> {
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(on_unknown = resolve(find)), any_caller)]
async fn another() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder()
        .tool::<nobody>()
        .tool::<nothing>()
        .tool::<in_quotes>()
        .tool::<two>()
        .tool::<called>()
        .tool::<itself>()
        .tool::<another>();
}
