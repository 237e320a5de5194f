//! A block has one key. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop;

#[guarded_tools(crat = mcp_guard, scope = "refunds")]
impl Shop {
    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    async fn act(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {
    let _ = Guard::builder().tools(Shop);
}
