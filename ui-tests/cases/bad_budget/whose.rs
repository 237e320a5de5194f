//! Whose calls are counted together. (6 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    budget(calls <= 5, per = "1h", of = "caller"),
    budget(calls <= 5, per = "1h", of = a::b),
    budget(calls <= 5, per = "1h", of),
    budget(calls <= 5, per = "1h", of = tenants),
    budget(calls <= 5, per = "1h", of = everyone),
    budget(calls <= 5, per = "1h", of = shop),
)]
async fn act(
    shop: &Shop,
    /// Whose.
    account: String,
) -> Result<(), Infallible> {
    let _ = (shop, account);
    Ok(())
}

struct Shop;

fn main() {
    let _ = Guard::builder().tool::<act>();
}
