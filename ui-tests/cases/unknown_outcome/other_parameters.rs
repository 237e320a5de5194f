//! What finds out takes the tool's own parameters. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

async fn find(order: String) -> Reconciled<u8> {
    let _ = order;
    Reconciled::StillUnknown
}

/// Do it.
#[guarded_tool(idempotent(on_unknown = reconcile(find)), any_caller)]
async fn act(
    effect: &Effect,
    /// For what.
    order: String,
) -> Result<u8, Infallible> {
    let _ = (effect, order);
    Ok(1)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
