//! `transparent` passes on everything. (4 mistakes)
use mcp_guard::ToolError;

#[derive(Debug, thiserror::Error, ToolError)]
enum Wrong {
    #[error(transparent)]
    #[tool_error(transparent, public, code = "wrong", field = "a", retry_after = "2s")]
    One(#[from] std::convert::Infallible),
}

fn main() {}
