//! A word has one meaning. (4 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(
    idempotent,
    any_caller,
    budget(calls <= 5, per = "1h", of = caller),
    budget(tool <= 5, per = "1h", of = tenant),
    budget(tool <= 5, per = "1h", of = tool),
)]
async fn act(
    /// How many.
    calls: u64,
    /// Who.
    caller: String,
    /// Whose.
    #[serde(rename = "account")]
    tenant: String,
    /// Which.
    tool: u64,
) -> Result<(), Infallible> {
    let _ = (calls, caller, tenant, tool);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
