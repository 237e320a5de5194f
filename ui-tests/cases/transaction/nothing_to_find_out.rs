//! A transaction was committed or was not. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct PgTransaction;

/// Do it.
#[guarded_tool(
    idempotent(store = "transaction", lease = "60s", dispatch, on_unknown = reconcile(find)),
    any_caller,
)]
async fn act(
    tx: &mut PgTransaction,
) -> Result<(), Infallible> {
    let _ = tx;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
