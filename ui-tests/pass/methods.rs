//! Guarded methods, beside items that are not guarded.
#![deny(warnings, missing_docs, unreachable_pub)]

use mcp_guard::{ToolSet, prelude::*};
use std::convert::Infallible;

/// A shop.
#[derive(Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Shop {
    /// What it has.
    stock: u32,
}

/// What a method is called; its marker must not shadow it.
#[allow(non_camel_case_types)]
#[derive(serde::Deserialize, schemars::JsonSchema)]
pub struct order {
    /// How many.
    pub quantity: u32,
}

#[guarded_tools]
impl Shop {
    /// An ordinary constant.
    pub const SHELVES: u32 = 3;

    /// Say what is in stock.
    #[guarded_tool(read_only, any_caller)]
    pub async fn stock(&self) -> Result<u32, Infallible> {
        Ok(self.capacity().min(self.stock))
    }

    /// Order something.
    #[mcp_guard::guarded_tool(idempotent, scope("shop", "orders"), limit(many <= 10))]
    async fn order(
        &self,
        caller: &Caller,
        /// What to order.
        what: order,
        /// How many of it.
        mut many: u32,
        /// A shop to order from.
        from: Option<Self>,
    ) -> Result<Self, Infallible> {
        let _ = caller;
        many += what.quantity;
        Ok(from.unwrap_or(Self { stock: many }))
    }

    /// Say what is the time.
    #[guarded_tool(read_only, any_caller, name = "shop.time", title = "Time", open_world = false)]
    async fn time() -> Result<u64, Infallible> {
        Ok(0)
    }

    /// Never there.
    #[cfg(any())]
    #[guarded_tool(read_only, any_caller)]
    async fn absent(&self) -> Result<NoSuchType, Infallible> {
        Ok(NoSuchType)
    }

    fn capacity(&self) -> u32 {
        Self::SHELVES
    }
}

fn registers<T: ToolSet>() {}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    registers::<Shop>();
    let Ok(stock) = Shop::default().stock().await;
    assert_eq!(stock, 0);
    let Ok(time) = Shop::time().await;
    assert_eq!(time, 0);
    let _ = order { quantity: 1 };
    let _ = Guard::builder().tools(Shop::default());
}
