//! A method is named through its type, and a function has no `Self`. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop;

#[guarded_tools]
impl Shop {
    /// Do it.
    #[guarded_tool(read_only, any_caller, authorize = owns)]
    async fn act(&self) -> Result<(), Infallible> {
        Ok(())
    }

    async fn owns(&self, _: &Caller) -> bool {
        true
    }
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = Self::owns)]
async fn free() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tools(Shop).tool::<free>();
}
