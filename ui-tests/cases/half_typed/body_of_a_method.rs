//! A method's body is being typed, and both are methods and tools. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop;

impl Shop {
    fn price(&self) -> u8 {
        1
    }
}

#[guarded_tools]
impl Shop {
    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    async fn act(&self) -> Result<u8, Infallible> {
        self.;
        Ok(self.price())
    }

    /// Do it again.
    #[guarded_tool(read_only, any_caller)]
    async fn again(&self) -> Result<u8, Infallible> {
        self.act().await
    }
}

fn main() {
    let _ = Guard::builder().tools(Shop);
}
