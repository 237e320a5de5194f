//! What else stands on a function means what it says: of the function, and of nothing that is made of it.
#![deny(warnings, unfulfilled_lint_expectations)]

use mcp_guard::{Call, prelude::*};
use std::convert::Infallible;

/// An expectation is met once.
#[guarded_tool(read_only, any_caller)]
#[expect(unused_variables, reason = "nobody reads it")]
async fn expected(
    /// Nobody reads it.
    unread: u8,
) -> Result<u8, Infallible> {
    Ok(1)
}

/// So is one above.
#[expect(non_snake_case)]
#[guarded_tool(read_only, any_caller, limit(orderId <= 5))]
async fn expected_above(
    /// In the clients' spelling.
    orderId: u8,
) -> Result<u8, Infallible> {
    Ok(orderId)
}

/// A warning may be allowed.
#[allow(unreachable_code)]
#[guarded_tool(read_only, any_caller)]
async fn allowed() -> Result<u8, Infallible> {
    return Ok(2);
    Ok(3)
}

/// It is deprecated for people, and served all the same.
#[deprecated(note = "ask for `allowed`")]
#[guarded_tool(read_only, any_caller)]
async fn old() -> Result<u8, Infallible> {
    Ok(4)
}

/// Its compiler is told more.
#[guarded_tool(read_only, any_caller)]
#[inline(never)]
#[must_use = "it costs"]
#[doc(hidden)]
async fn told() -> Result<u8, Infallible> {
    Ok(5)
}

struct Shop;

#[guarded_tools]
#[allow(clippy::unused_self)]
impl Shop {
    /// Methods keep theirs.
    #[expect(unused_variables)]
    #[guarded_tool(read_only, any_caller)]
    async fn method(
        &self,
        /// Nobody reads it.
        unread: u8,
    ) -> Result<u8, Infallible> {
        Ok(6)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    #[expect(deprecated, reason = "the function is, as it says")]
    let old_one = old().await;
    assert_eq!(old_one, Ok(4));
    let guard = Guard::builder()
        .tool::<expected>()
        .tool::<expected_above>()
        .tool::<allowed>()
        .tool::<old>()
        .tool::<told>()
        .tools(Shop)
        .build()
        .unwrap();
    for (tool, result) in [("allowed", 2), ("old", 4), ("told", 5)] {
        let call = Call::new(tool, serde_json::json!({}), Some(Caller::local("agent")));
        let reply = guard.call(call).await.unwrap();
        assert_eq!(reply.body(), format!(r#"{{"status":"ok","result":{result}}}"#));
    }
}
