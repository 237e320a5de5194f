//! The guarded tools of the suite's server.

use std::convert::Infallible;

use mcp_guard::{GuardBuilder, prelude::*};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) fn register(builder: GuardBuilder) -> GuardBuilder {
    builder.tool::<test_simple_text>().tool::<test_error_handling>().tool::<act_once>()
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Said {
    text: String,
}

#[derive(Debug, thiserror::Error, ToolError)]
enum Broken {
    #[error("this tool always fails")]
    #[tool_error(rejected, code = "always_fails", public)]
    Always,
}

/// Answer with a text.
#[guarded_tool(read_only, any_caller)]
async fn test_simple_text() -> Result<Said, Infallible> {
    Ok(Said { text: "This is a simple text response for testing.".into() })
}

/// Fail.
#[guarded_tool(read_only, any_caller)]
async fn test_error_handling() -> Result<Said, Broken> {
    Err(Broken::Always)
}

/// Do something once.
#[guarded_tool(idempotent, any_caller)]
async fn act_once(
    /// What is to be done, such as `wave`.
    #[schemars(length(max = 100))]
    what: String,
) -> Result<Said, Infallible> {
    Ok(Said { text: what })
}
