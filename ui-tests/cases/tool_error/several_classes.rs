//! A failure means one thing. (2 mistakes)
use mcp_guard::ToolError;

#[derive(Debug, thiserror::Error, ToolError)]
enum Wrong {
    #[error("one")]
    #[tool_error(rejected, transient)]
    One,
    #[error("two")]
    #[tool_error(rejected, rejected)]
    Two,
}

fn main() {}
