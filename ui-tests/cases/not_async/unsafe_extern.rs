//! And it is a plain function. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
unsafe extern "C" fn act() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
