//! It is not in the schema. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(idempotent, any_caller)]
async fn act(
    /// The shop.
    #[schemars(range(min = 1))]
    shop: &u8,
    #[serde(default)]
    shelf: &u16,
    #[amount]
    money: &u64,
) -> Result<(), Infallible> {
    let _ = (shop, shelf, money);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
