//! The mistakes of all methods come at once. (8 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop;

#[guarded_tools(crates = mcp_guard)]
impl Shop {
    #[guarded_tool]
    async fn one(&self, order_id: String) -> Result<String, Infallible> {
        Ok(order_id)
    }

    /// Do it.
    #[guarded_tool = "read_only"]
    fn two(&self) -> Result<(), Infallible> {
        Ok(())
    }

    /// Do it.
    #[guarded_tool(read_only, any_caller, crate = mcp_guard)]
    async fn three(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {
    let _ = (Guard::builder().tools(Shop), Shop.one(String::new()), Shop.two(), Shop.three());
}
