//! What finds out is there, and asynchronous. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent(on_unknown = reconcile(no_such_function)), any_caller)]
async fn act() -> Result<u8, Infallible> {
    Ok(1)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
