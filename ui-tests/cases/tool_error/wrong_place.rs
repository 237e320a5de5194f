//! The class is said of variants, the crate of the type. (3 mistakes)
use mcp_guard::ToolError;

#[derive(Debug, thiserror::Error, ToolError)]
#[tool_error(rejected, code = "wrong")]
enum Wrong {
    #[error("one")]
    #[tool_error(rejected, crate = mcp_guard)]
    One,
}

fn main() {}
