//! A type that is provided is one type. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop<T>(T);

#[guarded_tools]
impl<T: Send + Sync> Shop<T> {
    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    async fn act(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {
    let _ = Shop(1).act();
}
