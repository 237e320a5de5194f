//! A method needs its `impl` to be marked. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop;

impl Shop {
    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    async fn act(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {
    let _ = Shop.act();
}
