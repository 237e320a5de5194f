//! A function or method depends on `cfg`, and so does all that is made of it; the attribute itself may.
#![deny(warnings)]

use mcp_guard::{Tool, ToolSet, Tools, prelude::*};
use std::convert::Infallible;

/// One of two.
#[cfg(all())]
#[guarded_tool(read_only, any_caller)]
async fn either() -> Result<u8, Infallible> {
    Ok(1)
}

/// The other one.
#[guarded_tool(read_only, any_caller)]
#[cfg(not(all()))]
async fn either(what: NoSuchType) -> Result<NoSuchType, Infallible> {
    Ok(what)
}

/// Not a tool in this configuration.
#[cfg_attr(any(), guarded_tool(read_only, any_caller))]
async fn plain() -> Result<u8, Infallible> {
    Ok(2)
}

/// A tool in this one.
#[cfg_attr(all(), guarded_tool(read_only, any_caller), allow(non_snake_case))]
async fn sometimes(
    /// In the clients' spelling.
    orderId: u8,
) -> Result<u8, Infallible> {
    Ok(orderId)
}

struct Shop;

#[guarded_tools]
impl Shop {
    /// There.
    #[cfg(all())]
    #[guarded_tool(read_only, any_caller)]
    async fn there(&self) -> Result<u8, Infallible> {
        Ok(3)
    }

    /// Not there.
    #[guarded_tool(read_only, any_caller)]
    #[cfg(any())]
    async fn not_there(&self, /** What. */ what: NoSuchType) -> Result<NoSuchType, Infallible> {
        Ok(what)
    }
}

#[cfg(any())]
#[guarded_tools]
impl NoSuchType {
    /// Not there at all.
    #[guarded_tool(read_only, any_caller)]
    async fn nowhere(&self) -> Result<u8, Infallible> {
        Ok(4)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(either().await, Ok(1));
    assert_eq!(plain().await, Ok(2));
    assert_eq!(sometimes(5).await, Ok(5));
    assert_eq!((either::SPEC.description, sometimes::SPEC.name), ("One of two.", "sometimes"));
    let mut tools = Tools::default();
    Shop::register(&mut tools);
    let guard = Guard::builder().tool::<either>().tool::<sometimes>().tools(Shop).build();
    assert!(guard.is_ok());
}
