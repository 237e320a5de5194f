//! Only the transaction is lent to be written. (1 mistake)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Transaction;

/// Do it.
#[guarded_tool(idempotent(store = "transaction"), scope = "orders")]
async fn act(
    transaction: &mut Transaction,
    credential: &mut Credential,
) -> Result<usize, Infallible> {
    let _ = transaction;
    Ok(credential.expose().len())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
