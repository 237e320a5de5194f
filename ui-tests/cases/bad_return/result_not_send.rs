//! A result is sent between threads. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Told {
    what: u8,
    #[serde(skip)]
    local: std::marker::PhantomData<*const u8>,
}

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act() -> Result<Told, Infallible> {
    Ok(Told { what: 1, local: std::marker::PhantomData })
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
