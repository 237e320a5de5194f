//! What is provided may borrow for as long as the program runs; so may what is answered.
#![deny(warnings)]

#![deny(elided_lifetimes_in_paths, single_use_lifetimes)]

use mcp_guard::{Call, prelude::*};
use std::{borrow::Cow, convert::Infallible};

struct Table<'a>(&'a [&'a str]);

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Row {
    /// What it says.
    said: Cow<'static, str>,
}

/// Look a row up.
#[guarded_tool(read_only, any_caller)]
async fn row(
    table: &Table<'static>,
    names: &[&'static str; 2],
    /// Which.
    index: usize,
    /// In whose words.
    name: Cow<'static, str>,
) -> Result<Row, Infallible> {
    let first = |words: &[&'static str]| words[0];
    let said = table.0.get(index).copied().unwrap_or_else(|| first(names));
    let said = if name.is_empty() { said.into() } else { format!("{name}: {said}").into() };
    Ok(Row { said })
}

#[guarded_tools]
impl Table<'static> {
    /// Count the rows.
    #[guarded_tool(read_only, any_caller)]
    async fn count(&self) -> Result<usize, Infallible> {
        Ok(self.0.len())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let guard = Guard::builder()
        .provide(["nothing", "nobody"])
        .tool::<row>()
        .tools(Table(&["one", "two"]))
        .build()
        .unwrap();
    for (tool, arguments, result) in [
        ("row", serde_json::json!({"index": 1, "name": ""}), r#"{"said":"two"}"#),
        ("row", serde_json::json!({"index": 7, "name": "Ann"}), r#"{"said":"Ann: nothing"}"#),
        ("count", serde_json::json!({}), "2"),
    ] {
        let reply = guard.call(Call::new(tool, arguments, Some(Caller::local("agent")))).await;
        assert_eq!(reply.unwrap().body(), format!(r#"{{"status":"ok","result":{result}}}"#));
    }
}
