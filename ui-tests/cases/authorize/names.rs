//! What decides is given parameters of the tool, and only what is there before a call is permitted. (8 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Orders;
struct Tx;
struct Credential;

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = owns(order_idd, everything))]
async fn unknown(
    orders: &Orders,
    /// Which.
    order_id: String,
) -> Result<(), Infallible> {
    let _ = (orders, order_id);
    Ok(())
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = owns(order_id))]
async fn none(caller: &Caller) -> Result<(), Infallible> {
    let _ = caller;
    Ok(())
}

/// Do it.
#[guarded_tool(read_only, any_caller, authorize = owns(order_id, order_id))]
async fn twice(
    /// Which.
    order_id: String,
) -> Result<(), Infallible> {
    let _ = order_id;
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent, any_caller, authorize = owns(caller, effect, credential))]
async fn not_yet(
    caller: &Caller,
    effect: &Effect,
    credential: &Credential,
) -> Result<(), Infallible> {
    let _ = (caller, effect, credential);
    Ok(())
}

/// Do it.
#[guarded_tool(idempotent(store = "transaction"), any_caller, authorize = owns(tx))]
async fn not_begun(tx: &mut Tx) -> Result<(), Infallible> {
    let _ = tx;
    Ok(())
}

fn main() {
    let _ = Guard::builder()
        .tool::<unknown>()
        .tool::<none>()
        .tool::<twice>()
        .tool::<not_yet>()
        .tool::<not_begun>();
}
