//! It goes on a function. (3 mistakes)
use mcp_guard::prelude::*;

#[guarded_tool(read_only, any_caller)]
struct Shop;

#[guarded_tools]
struct Shelf;

#[guarded_tools]
async fn act() {}

fn main() {
    let _ = (Shop, Shelf, act());
}
