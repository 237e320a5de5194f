//! An `impl` without guarded methods. (1 mistake)
use mcp_guard::prelude::*;

struct Shop;

#[guarded_tools]
impl Shop {
    async fn act(&self) {}
}

fn main() {
    let _ = (Guard::builder().tools(Shop), Shop.act());
}
