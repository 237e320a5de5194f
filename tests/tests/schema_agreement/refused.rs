//! Arguments of which serde would drop a part without a word: no guard is built with them.

use std::convert::Infallible;

use mcp_guard::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it is never read")]
struct Window {
    from: u64,
    to: u64,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it is never read")]
struct Half {
    #[serde(flatten)]
    window: Option<Window>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is never read")]
enum What {
    Whole { order: String },
    Part { order: String, cents: u64 },
}

/// Take half of what was sent.
#[guarded_tool(read_only, any_caller)]
async fn halve(
    /// Perhaps a window.
    half: Vec<Half>,
) -> Result<(), Infallible> {
    drop(half);
    Ok(())
}

/// Take the whole order for a part.
#[guarded_tool(idempotent, any_caller)]
async fn swallow(
    /// What it is about.
    what: Option<What>,
) -> Result<(), Infallible> {
    drop(what);
    Ok(())
}

#[test]
fn what_serde_would_drop_is_refused_when_the_guard_is_built() {
    let builder = Guard::builder()
        .identity(Caller::local("agent"))
        .store(mcp_guard::MemoryStore::new().expect("a store"));
    let mistakes = builder.tool::<halve>().tool::<swallow>().build().err().expect("refused");
    let mistakes = mistakes.to_string();
    for part in ["`halve`", "`from`", "`swallow`", "`cents`", "deny_unknown_fields"] {
        assert!(mistakes.contains(part), "{part}: {mistakes}");
    }
}
