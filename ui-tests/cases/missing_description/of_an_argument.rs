//! The model is told what to send. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    order_id: String,
    ///
    r#type: u8,
) -> Result<(), Infallible> {
    let _ = (order_id, r#type);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
