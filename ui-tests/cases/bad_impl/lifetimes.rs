//! A type that is provided owns its data. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop<'a>(&'a str);

#[guarded_tools]
impl Shop<'_> {
    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    async fn act(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {
    let _ = Shop("").act();
}
