//! The model reads what a tool returns. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(key: &Secret) -> Result<Secret, Infallible> {
    Ok(Secret::new(key.expose().to_owned()))
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
