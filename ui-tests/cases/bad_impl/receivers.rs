//! A method borrows what is provided. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

use std::sync::Arc;

struct Shop;

#[guarded_tools]
impl Shop {
    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    async fn by_value(self) -> Result<(), Infallible> {
        Ok(())
    }

    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    async fn mutably(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    async fn counted(self: Arc<Self>) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {
    let _ = Guard::builder().tools(Shop);
}
