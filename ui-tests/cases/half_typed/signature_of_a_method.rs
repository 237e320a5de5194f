//! A method's signature is being typed, and the others are tools. (1 mistake)
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
    async fn act(
        &self,
        /// How often.
        times: ,
    ) -> Result<u8, Infallible> {
        Ok(self.price() * times)
    }

    /// Do it once.
    #[guarded_tool(read_only, any_caller)]
    async fn once(&self) -> Result<u8, Infallible> {
        Ok(self.price())
    }
}

fn main() {
    let _ = Guard::builder().tools(Shop);
}
