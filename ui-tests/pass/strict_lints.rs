//! Nothing that is emitted breaks a lint that a careful crate turns on.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, rust_2018_idioms)]
#![deny(clippy::all, clippy::pedantic, unused_crate_dependencies, missing_debug_implementations)]
#![forbid(unsafe_code)]
// Of the functions themselves, as they would say without the attribute.
#![allow(clippy::missing_errors_doc, clippy::fn_params_excessive_bools, unused_crate_dependencies)]

use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Tools.
pub mod tools {
    use mcp_guard::prelude::*;
    use std::convert::Infallible;

    /// What is said.
    #[derive(Debug, serde::Serialize, schemars::JsonSchema)]
    pub struct Greeting {
        /// The text.
        pub text: String,
    }

    /// Say hello.
    #[guarded_tool(read_only, any_caller)]
    pub async fn hello(
        caller: &Caller,
        /// Whom to greet.
        name: String,
    ) -> Result<Greeting, Infallible> {
        let _ = caller;
        Ok(Greeting { text: name })
    }

    /// Say hello from afar.
    #[guarded_tool(idempotent, any_caller, destructive = false, open_world = true)]
    pub(super) async fn crate_hello() -> Result<Greeting, Infallible> {
        Ok(Greeting { text: String::new() })
    }
}

/// Charge for an order.
#[guarded_tool(
    idempotent(key = [order], on_unknown = reconcile(find_charge), dispatch),
    any_caller,
    budget(cents <= 200_000, per = "24h", of = order),
)]
async fn charge(
    shop: &Shop,
    effect: &Effect,
    /// For what.
    order: String,
    /// How much.
    cents: u64,
) -> Result<u64, Never> {
    let _ = (shop, effect, order);
    Ok(cents)
}

async fn find_charge(
    shop: &Shop,
    effect: &Effect,
    order: String,
    cents: u64,
) -> Result<Reconciled<u64>, Never> {
    let _ = (shop, effect, order);
    std::future::ready(()).await;
    Ok(Reconciled::Landed(cents))
}

/// Count in a transaction.
#[guarded_tool(idempotent(store = "transaction"), any_caller)]
async fn written(shop: &Shop, tx: &mut u64) -> Result<u64, Never> {
    let _ = shop;
    *tx += 1;
    Ok(*tx)
}

/// A shop.
#[derive(Debug)]
pub struct Shop;

/// Why not.
#[derive(Debug, thiserror::Error, ToolError)]
pub enum Never {
    /// Because.
    #[error("because")]
    #[tool_error(internal)]
    Because,
}

#[guarded_tools]
impl Shop {
    /// Say hello.
    #[guarded_tool(read_only, any_caller)]
    pub async fn hello(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Four switches.
#[guarded_tool(read_only, any_caller)]
async fn switches(
    /// One.
    a: bool,
    /// Two.
    b: bool,
    /// Three.
    c: bool,
    /// Four.
    d: bool,
) -> Result<bool, Never> {
    if a { Ok(b && c && d) } else { Err(Never::Because) }
}

/// What is allowed in a function is allowed in what is made of its parameters.
#[guarded_tool(read_only, any_caller)]
#[allow(non_snake_case, reason = "the clients were there first")]
async fn camel_case(
    /// The order.
    orderId: String,
) -> Result<tools::Greeting, Infallible> {
    Ok(tools::Greeting { text: orderId })
}

/// Deprecated for people, and still served.
#[guarded_tool(read_only, any_caller)]
#[deprecated]
async fn old() -> Result<(), Infallible> {
    Ok(())
}

fn main() {
    let _ = Guard::builder()
        .tool::<tools::hello>()
        .tool::<tools::crate_hello>()
        .tool::<switches>()
        .tool::<camel_case>()
        .tool::<old>()
        .tool::<charge>()
        .tool::<written>()
        .tools(Shop);
}
