//! A trait's methods are not guarded. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop;

trait Act {
    async fn act(&self) -> Result<(), Infallible>;
}

#[guarded_tools]
impl Act for Shop {
    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    async fn act(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {
    let _ = Shop.act();
}
