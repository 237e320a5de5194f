//! Tools beside each other share types, and may share their function's name in two modules.
#![deny(warnings)]

use mcp_guard::{Call, prelude::*};
use std::convert::Infallible;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Line {
    /// What.
    sku: String,
}

/// Add a line.
#[guarded_tool(read_only, any_caller)]
async fn add(
    /// The line.
    line: Line,
) -> Result<Line, Infallible> {
    Ok(line)
}

/// Remove a line.
#[guarded_tool(read_only, any_caller)]
async fn remove(
    /// The line.
    line: Line,
) -> Result<Line, Infallible> {
    Ok(Line { sku: format!("-{}", line.sku) })
}

mod returns {
    use super::*;

    /// Add a line that comes back.
    #[guarded_tool(read_only, any_caller, name = "returns.add")]
    pub(crate) async fn add(
        /// The line.
        line: Line,
    ) -> Result<Line, Infallible> {
        Ok(Line { sku: format!("back {}", line.sku) })
    }
}

struct Orders;
struct Quotes;

#[guarded_tools]
impl Orders {
    /// Put a line in an order.
    #[guarded_tool(read_only, any_caller, name = "orders.put")]
    async fn put(&self, /** The line. */ line: Line) -> Result<Line, Infallible> {
        Ok(line)
    }
}

#[guarded_tools]
impl Quotes {
    /// Put a line in a quote.
    #[guarded_tool(read_only, any_caller, name = "quotes.put")]
    async fn put(&self, /** The line. */ line: Line) -> Result<Line, Infallible> {
        Ok(Line { sku: format!("maybe {}", line.sku) })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let guard = Guard::builder()
        .tool::<add>()
        .tool::<remove>()
        .tool::<returns::add>()
        .tools(Orders)
        .tools(Quotes)
        .build()
        .unwrap();
    for (tool, sku) in [
        ("add", "a"),
        ("remove", "-a"),
        ("returns.add", "back a"),
        ("orders.put", "a"),
        ("quotes.put", "maybe a"),
    ] {
        let arguments = serde_json::json!({"line": {"sku": "a"}});
        let reply = guard.call(Call::new(tool, arguments, Some(Caller::local("agent")))).await;
        let expected = format!(r#"{{"status":"ok","result":{{"sku":"{sku}"}}}}"#);
        assert_eq!(reply.unwrap().body(), expected, "{tool}");
    }
}
