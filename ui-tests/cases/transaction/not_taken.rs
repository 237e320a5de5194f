//! The effect is written in the transaction. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct PgTransaction;

/// Do it.
#[guarded_tool(idempotent(store = "transaction", on_unknown = retry), any_caller)]
async fn act(
    tx: &PgTransaction,
) -> Result<(), Infallible> {
    let _ = tx;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
