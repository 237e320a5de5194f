//! A plain function is no tool. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

async fn act() -> Result<(), Infallible> {
    Ok(())
}

struct Shop;

fn main() {
    let _ = Guard::builder().tool::<Shop>().tools(Shop);
    let _ = act();
}
