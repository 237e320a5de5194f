//! The error within says what it means. (1 mistake)
use mcp_guard::ToolError;

#[derive(Debug, thiserror::Error, ToolError)]
enum Wrong {
    #[error(transparent)]
    #[tool_error(transparent)]
    Io(#[from] std::fmt::Error),
}

fn main() {}
