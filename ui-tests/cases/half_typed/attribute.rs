//! The attribute is being typed: what is missing is told, and the body is checked. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Shop;

impl Shop {
    fn price(&self) -> u8 {
        1
    }
}

/// Do it.
#[guarded_tool(read_only, any_caller, timeout = )]
async fn act(shop: &Shop) -> Result<u8, Infallible> {
    let _price: bool = shop.price();
    Ok(1)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
