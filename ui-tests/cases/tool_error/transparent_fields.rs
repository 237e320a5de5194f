//! `transparent` has one field. (2 mistakes)
use mcp_guard::ToolError;

#[derive(Debug, thiserror::Error, ToolError)]
enum Wrong {
    #[error("none")]
    #[tool_error(transparent)]
    None,
    #[error("two")]
    #[tool_error(transparent)]
    Two(std::convert::Infallible, u8),
}

fn main() {}
