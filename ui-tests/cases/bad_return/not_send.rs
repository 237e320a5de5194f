//! The body runs on any thread. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<(), Infallible> {
    let local = std::rc::Rc::new(0);
    std::future::ready(()).await;
    let _ = local;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
