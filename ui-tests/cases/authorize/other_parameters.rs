//! What decides takes the caller, what is provided, and the arguments. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

async fn may(_: &Caller, _: &u64) -> bool {
    true
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = may)]
async fn act(
    /// Which.
    order_id: String,
) -> Result<usize, Infallible> {
    Ok(order_id.len())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
