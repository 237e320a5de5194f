//! What landed is a result of the tool. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

async fn find_text() -> Reconciled<String> {
    Reconciled::StillUnknown
}

/// Do it.
#[guarded_tool(idempotent(on_unknown = reconcile(find_text)), any_caller)]
async fn another_type() -> Result<u8, Infallible> {
    Ok(1)
}

async fn find_option() -> Option<u8> {
    None
}

/// Do it.
#[guarded_tool(idempotent(on_unknown = reconcile(find_option)), any_caller)]
async fn an_option() -> Result<u8, Infallible> {
    Ok(1)
}

fn main() {
    let _ = Guard::builder().tool::<another_type>().tool::<an_option>();
}
