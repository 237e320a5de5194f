//! The store is not named here, and nothing follows from naming it. (4 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct PgTransaction;

/// Do it.
#[guarded_tool(idempotent(store = "postgres"), any_caller)]
async fn by_name(
    tx: &mut PgTransaction,
) -> Result<(), Infallible> {
    let _ = tx;
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(store = transaction, on_unknown = retry), any_caller)]
async fn without_quotes(
    tx: &mut PgTransaction,
) -> Result<(), Infallible> {
    let _ = tx;
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(sotre = "transaction", dispatch), any_caller)]
async fn misspelled(
    tx: &mut PgTransaction,
) -> Result<(), Infallible> {
    let _ = tx;
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<by_name>().tool::<without_quotes>().tool::<misspelled>();
}
