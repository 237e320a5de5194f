//! By any name. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller)]
async fn act(
    /// The key.
    #[serde(rename = "idempotency_key")]
    key: String,
    /// Twice.
    a: u8,
    /// Twice.
    #[serde(rename = "a")]
    b: u8,
) -> Result<(), Infallible> {
    let _ = (key, a, b);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
