//! What is designed and not built says so.
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent(key = [order_id], store = "transaction", on_unknown = reconcile(find)),
    any_caller,
    budget(calls <= 20, per = "1h"),
    approve(amount > 5),
    authorize = policy,
)]
async fn act() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
