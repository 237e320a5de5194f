//! A method's arguments are asked the same. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop;
struct What;

#[guarded_tools]
impl Shop {
    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    async fn act(
        &self,
        /// What.
        what: What,
    ) -> Result<(), Infallible> {
        let _ = what;
        Ok(())
    }
}

fn main() {
    let _ = Guard::builder().tools(Shop);
}
