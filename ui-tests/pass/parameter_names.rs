//! A parameter may have any name: that of a local of the expansion, of the function, of a type.
#![deny(warnings)]

use mcp_guard::{Tool, prelude::*};
use std::convert::Infallible;

struct Shop(u8);

/// Count.
#[guarded_tool(idempotent, any_caller, limit(arguments <= 5), limit(call <= 6))]
async fn count(
    shop: &Shop,
    /// A count.
    count: u8,
    /// A call.
    call: u8,
    /// Arguments.
    arguments: u8,
    /// Itself.
    self_: u8,
    /// Tools.
    tools: u8,
    /// Inner.
    inner: u8,
    /// Unused.
    _unused: u8,
) -> Result<u8, Infallible> {
    Ok(shop.0 + count + call + arguments + self_ + tools + inner)
}

/// Call.
#[guarded_tool(read_only, any_caller)]
async fn call(
    caller: &Caller,
    /// Deserializer.
    deserializer: u8,
    /// Map.
    __map: u8,
) -> Result<u8, Infallible> {
    let _ = caller;
    Ok(deserializer + __map)
}

/// Arguments.
#[guarded_tool(read_only, any_caller)]
async fn arguments(
    /// Arguments.
    arguments: u8,
) -> Result<u8, Infallible> {
    Ok(arguments)
}

/// Call in a transaction.
#[guarded_tool(
    idempotent(store = "transaction", key = [arguments]),
    any_caller,
    budget(transaction <= 5, per = "1h", of = run),
)]
async fn run(
    call: &mut u8,
    /// Arguments.
    arguments: u8,
    /// Transaction.
    transaction: u8,
    /// Run.
    run: u8,
) -> Result<u8, Infallible> {
    *call += arguments + transaction + run;
    Ok(*call)
}

fn main() {
    let sent = serde_json::from_str(
        r#"{"count": 1, "call": 2, "arguments": 3, "self_": 4, "tools": 5, "inner": 6,
            "_unused": 7}"#,
    )
    .unwrap();
    assert_eq!(count::measure(&sent), [("call", Some(2)), ("arguments", Some(3))]);
    let _ = Guard::builder().tool::<count>().tool::<call>().tool::<arguments>().tool::<run>();
}
