//! The dependency is renamed, or re-exported by another crate.
#![deny(warnings)]

mod facade {
    pub mod inner {
        pub use ::mcp_guard as renamed_guard;
    }
}
// What a dependency written as `mcp_guard = { package = "another" }` would do.
mod mcp_guard {}

use facade::inner::renamed_guard::{self, Guard, guarded_tool, guarded_tools};
use std::convert::Infallible;

#[derive(Debug, thiserror::Error, renamed_guard::ToolError)]
#[tool_error(crate = renamed_guard)]
enum Wrong {
    #[error("never")]
    #[tool_error(ambiguous)]
    #[allow(dead_code)]
    Never,
}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Told {
    text: String,
}

/// A relative path.
#[guarded_tool(read_only, any_caller, crate = renamed_guard)]
async fn relative(
    /// A text.
    text: String,
) -> Result<Told, Wrong> {
    Ok(Told { text })
}

/// An absolute path.
#[guarded_tool(read_only, any_caller, crate = crate::facade::inner::renamed_guard)]
async fn absolute() -> Result<(), Infallible> {
    Ok(())
}

struct Shop;

/// With everything that is named in the expansion.
#[guarded_tool(
    idempotent(key = [order], on_unknown = reconcile(find), dispatch),
    any_caller,
    authorize = may(order),
    limit(cents <= 5),
    budget(cents <= 5, per = "1h", of = order),
    crate = renamed_guard
)]
async fn everything(
    effect: &renamed_guard::Effect,
    /// For what.
    order: String,
    /// How much.
    cents: u64,
) -> Result<u64, Wrong> {
    let _ = (effect, order);
    Ok(cents)
}

async fn may(caller: &renamed_guard::Caller, order: &str) -> Result<bool, Wrong> {
    Ok(caller.subject() == order)
}

async fn find(
    _: &renamed_guard::Effect,
    _: String,
    cents: u64,
) -> Result<renamed_guard::Reconciled<u64>, Wrong> {
    Ok(renamed_guard::Reconciled::Landed(cents))
}

/// In a transaction.
#[guarded_tool(idempotent(store = "transaction"), any_caller, crate = renamed_guard)]
async fn written(tx: &mut String) -> Result<(), Wrong> {
    tx.push('.');
    Ok(())
}

#[guarded_tools(crate = facade::inner::renamed_guard)]
impl Shop {
    /// A method.
    #[guarded_tool(idempotent, any_caller)]
    async fn method(
        &self,
        /// A text.
        text: String,
    ) -> Result<Told, Infallible> {
        Ok(Told { text })
    }
}

fn main() {
    let _ = Guard::builder()
        .tool::<relative>()
        .tool::<absolute>()
        .tool::<everything>()
        .tool::<written>()
        .tools(Shop);
}
