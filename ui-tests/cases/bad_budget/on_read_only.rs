//! What changes nothing has no record. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Look.
#[guarded_tool(read_only, any_caller, budget(calls <= 5, per = "1h"))]
async fn look() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<look>();
}
