//! What is provided is shared by threads. (1 mistake)
use mcp_guard::prelude::*;

fn main() {
    let _ = Guard::builder().provide(std::cell::RefCell::new(1_u8));
}
