//! Methods belong to any type without parameters of its own, by any path, and name it as `Self`.
#![deny(warnings)]

use mcp_guard::{Call, Tool, prelude::*};
use std::{convert::Infallible, marker::PhantomData};

mod shop {
    #[derive(Clone, Copy, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Price {
        /// Cents.
        pub(crate) cents: u64,
    }

    pub(crate) struct Till<C>(pub(crate) u64, pub(crate) super::PhantomData<C>);
    pub(crate) struct Euro;
}

trait Currency {
    const NAME: &'static str;
}

impl Currency for shop::Euro {
    const NAME: &'static str = "EUR";
}

#[guarded_tools]
impl shop::Price {
    const TIMES: u64 = { 2 };

    /// Double a price.
    #[guarded_tool(read_only, any_caller, limit(by <= 3))]
    async fn double(
        /// The price.
        price: Self,
        /// What it was.
        earlier: Vec<Option<Self>>,
        /// Times.
        by: u64,
    ) -> Result<Self, Infallible> {
        let _ = earlier;
        Ok(Self { cents: price.cents * Self::TIMES * by })
    }

    /// Double a price in the other way.
    #[guarded_tool(read_only, any_caller)]
    pub(crate) async fn again(&self) -> Result<Self, Infallible> {
        Self::double(*self, Vec::new(), 1).await
    }

    fn unguarded(&self) -> u64 {
        self.cents
    }
}

#[guarded_tools]
impl shop::Till<shop::Euro> {
    /// Look into it.
    #[guarded_tool(read_only, any_caller)]
    async fn look(&self, price: &shop::Price) -> Result<Vec<String>, Infallible> {
        Ok(vec![format!("{} {}", self.0 + price.unguarded(), <shop::Euro as Currency>::NAME)])
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let guard = Guard::builder()
        .tools(shop::Price { cents: 4 })
        .tools(shop::Till(5, PhantomData::<shop::Euro>))
        .build()
        .unwrap();
    let call = async |tool: &str, arguments| {
        let caller = Some(Caller::local("agent"));
        guard.call(Call::new(tool, arguments, caller)).await.unwrap().body().to_owned()
    };
    let sent = serde_json::json!({"price": {"cents": 5}, "earlier": [null, {"cents": 1}], "by": 3});
    assert_eq!(call("double", sent).await, r#"{"status":"ok","result":{"cents":30}}"#);
    let beyond = serde_json::json!({"price": {"cents": 5}, "earlier": [], "by": 4});
    assert!(call("double", beyond).await.contains("\"authz\""));
    assert_eq!(call("again", serde_json::json!({})).await, r#"{"status":"ok","result":{"cents":8}}"#);
    assert_eq!(call("look", serde_json::json!({})).await, r#"{"status":"ok","result":["9 EUR"]}"#);
    // The markers of methods are nobody's to name, and hide nothing.
    #[allow(non_camel_case_types, dead_code)]
    struct double;
    fn is_tool<T: Tool>() {}
    let _ = is_tool::<mcp_guard_free>;
}

/// A function beside them.
#[guarded_tool(read_only, any_caller)]
async fn mcp_guard_free() -> Result<(), Infallible> {
    Ok(())
}
