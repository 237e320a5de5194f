//! A misspelled class is not also missing. (4 mistakes)
use mcp_guard::ToolError;

#[derive(Debug, thiserror::Error, ToolError)]
enum Wrong {
    #[error("one")]
    #[tool_error(transiant)]
    One,
    #[error("two")]
    #[tool_error(rejected, colour = "red")]
    Two,
    #[error("three")]
    #[tool_error(reject(now))]
    Three,
    #[error("four")]
    #[tool_error(rejected = true)]
    Four,
}

fn main() {}
