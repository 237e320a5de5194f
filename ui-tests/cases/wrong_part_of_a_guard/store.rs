//! A store is one. (1 mistake)
use mcp_guard::prelude::*;

fn main() {
    let _ = Guard::builder().store("refunds.db");
}
