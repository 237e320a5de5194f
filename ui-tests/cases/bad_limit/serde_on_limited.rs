//! What is limited is read as it is sent. (2 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller, limit(price <= 5), limit(fee <= 5))]
async fn act(
    /// How much.
    #[serde(deserialize_with = "read")]
    price: u64,
    /// How much.
    #[serde(rename(deserialize = "charge"))]
    fee: u64,
) -> Result<(), Infallible> {
    let _ = (price, fee);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
