//! `#[tracing::instrument]` stands above the attribute or below it, and spans are made of the calls.
#![deny(warnings)]

use mcp_guard::{Call, prelude::*};
use serde_json::json;
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};
use tracing::{Metadata, Subscriber, span};

#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<&'static str>>>);

impl Subscriber for Names {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target() != "mcp_guard"
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut names = self.0.lock().unwrap();
        names.push(span.metadata().name());
        span::Id::from_u64(names.len() as u64)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Shop(u8);

/// Above.
#[tracing::instrument(skip_all, fields(order = %order))]
#[guarded_tool(read_only, any_caller)]
async fn above(
    shop: &Shop,
    /// The order.
    #[schemars(length(max = 9))]
    order: String,
) -> Result<Vec<String>, Infallible> {
    Ok(vec![order; shop.0.into()])
}

/// Below.
#[guarded_tool(read_only, any_caller)]
#[tracing::instrument(skip(shop))]
async fn below(
    shop: &Shop,
    /// The order.
    order: String,
) -> Result<Vec<String>, Infallible> {
    Ok(vec![order; shop.0.into()])
}

#[guarded_tools]
impl Shop {
    /// Of a method.
    #[tracing::instrument(skip(self))]
    #[guarded_tool(read_only, any_caller)]
    async fn method(
        &self,
        /// The order.
        order: String,
    ) -> Result<Vec<String>, Infallible> {
        Ok(vec![order; self.0.into()])
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let names = Names::default();
    let _guard = tracing::subscriber::set_default(names.clone());
    let guard = Guard::builder()
        .provide(Shop(1))
        .tool::<above>()
        .tool::<below>()
        .build()
        .unwrap();
    let methods = Guard::builder().tools(Shop(1)).build().unwrap();
    for (guard, tool) in [(&guard, "above"), (&guard, "below"), (&methods, "method")] {
        let call = Call::new(tool, json!({"order": "a"}), Some(Caller::local("agent")));
        let reply = guard.call(call).await.unwrap();
        assert_eq!(reply.body(), r#"{"status":"ok","result":["a"]}"#, "{tool}");
    }
    let made = names.0.lock().unwrap();
    assert!(["above", "below", "method"].iter().all(|name| made.contains(name)), "{made:?}");
}
