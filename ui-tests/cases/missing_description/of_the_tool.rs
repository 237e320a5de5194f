//! The model chooses by the description. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
