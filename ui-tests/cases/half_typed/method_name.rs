//! A method is being completed in the body, and the rest of the body is checked. (1 mistake)
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
async fn act(
    shop: &Shop,
    /// How many.
    times: u8,
) -> Result<u8, Infallible> {
    shop.;
    Ok(shop.price() * times)
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
