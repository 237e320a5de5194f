//! Each value is of its key's kind. (7 mistakes)
use mcp_guard::ToolError;

#[derive(Debug, thiserror::Error, ToolError)]
enum Wrong {
    #[error("one")]
    #[tool_error(rejected, code = "NotFound", field = "")]
    One,
    #[error("two")]
    #[tool_error(transient, retry_after = 2, public = true, code = not_found, field = "a/b")]
    Two,
    #[error("three")]
    #[tool_error(transient, retry_after = "soon")]
    Three,
}

fn main() {}
