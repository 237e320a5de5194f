//! What is told has a name. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn text() -> Result<String, Infallible> {
    Ok(String::new())
}

type Alias = Result<Option<Box<str>>, Infallible>;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn behind_an_alias() -> Alias {
    Ok(None)
}

struct Shop;

#[guarded_tools]
impl Shop {
    /// Do it.
    #[guarded_tool(read_only, any_caller)]
    async fn letter(&self) -> Result<char, Infallible> {
        Ok('a')
    }
}

fn main() {
    let _ = Guard::builder().tool::<text>().tool::<behind_an_alias>().tools(Shop);
}
