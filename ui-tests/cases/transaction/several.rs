//! A call has one transaction, and only that is written. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct PgTransaction;

/// Do it.
#[guarded_tool(idempotent(store = "transaction"), any_caller)]
async fn act(
    tx: &mut PgTransaction,
    another: &mut PgTransaction,
    effect: &mut Effect,
    caller: &mut Caller,
) -> Result<(), Infallible> {
    let _ = (tx, another, effect, caller);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
