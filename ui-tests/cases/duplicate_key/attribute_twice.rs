//! An attribute is written once. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop;

#[guarded_tools]
impl Shop {
    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    #[guarded_tool(read_only, any_caller)]
    async fn act(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {
    let _ = Guard::builder().tools(Shop);
}
