//! It is shared by threads. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    shop: &std::rc::Rc<u8>,
) -> Result<(), Infallible> {
    let _ = Clone::clone(shop);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
