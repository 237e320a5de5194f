//! What is provided is found by its type. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    shop: &dyn Send,
    shelf: &(dyn Send + Sync),
    box_: &&u8,
) -> Result<(), Infallible> {
    let _ = (shop, shelf, box_);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
