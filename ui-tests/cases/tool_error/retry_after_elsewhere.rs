//! Only what did nothing is tried again. (2 mistakes)
use mcp_guard::ToolError;

#[derive(Debug, thiserror::Error, ToolError)]
enum Wrong {
    #[error("one")]
    #[tool_error(rejected, retry_after = "2s")]
    One,
    #[error("two")]
    #[tool_error(ambiguous, retry_after = "2s")]
    Two,
}

fn main() {}
