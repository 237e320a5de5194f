//! What finds out is asynchronous. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

fn find() -> Reconciled<u8> {
    Reconciled::StillUnknown
}

/// Do it.
#[guarded_tool(idempotent(on_unknown = reconcile(find)), any_caller)]
async fn act() -> Result<u8, Infallible> {
    Ok(1)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
