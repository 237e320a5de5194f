//! What decides implements `Authorizer`. (1 mistake)
use mcp_guard::prelude::*;

fn main() {
    let _ = Guard::builder().authorizer(|_: &Caller| true);
}
