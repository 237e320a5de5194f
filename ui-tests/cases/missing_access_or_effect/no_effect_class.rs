//! Whether it changes something is not said; `&Effect` is no second mistake. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(scope = "refunds")]
async fn act(
    effect: &Effect,
) -> Result<(), Infallible> {
    let _ = effect;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
