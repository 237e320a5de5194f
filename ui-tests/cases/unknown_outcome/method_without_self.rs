//! A method is named through its type. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop;

#[guarded_tools]
impl Shop {
    /// Do it.
    #[guarded_tool(idempotent(on_unknown = reconcile(find)), any_caller)]
    async fn act(&self) -> Result<(), Infallible> {
        Ok(())
    }

    async fn find(&self) -> Reconciled<()> {
        Reconciled::StillUnknown
    }
}

fn main() {
    let _ = Guard::builder().tools(Shop);
}
