//! A statement is not finished, and the function after it is a tool all the same. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop;

impl Shop {
    fn price(&self) -> u8 {
        1
    }
}

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(shop: &Shop) -> Result<u8, Infallible> {
    let _price =
}

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn after(shop: &Shop) -> Result<u8, Infallible> {
    Ok(shop.price())
}

fn main() {
    let _ = Guard::builder().tool::<act>().tool::<after>();
}
