//! What changes nothing has no effect. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    effect: &Effect,
) -> Result<(), Infallible> {
    let _ = effect;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
