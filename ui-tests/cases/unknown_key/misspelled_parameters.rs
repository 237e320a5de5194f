//! A parameter's name that is nearly right is suggested, wherever one is named. (5 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent(key = [oder_id]),
    any_caller,
    limit(quantiy <= 10),
    budget(quantitty <= 100, per = "1h", of = ordr_id),
    authorize = owns(order_idd),
)]
async fn act(
    /// For what.
    order_id: String,
    /// How many.
    quantity: u32,
) -> Result<(), Infallible> {
    let _ = (order_id, quantity);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
