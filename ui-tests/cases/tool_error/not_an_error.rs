//! Another derive makes it an error.
use mcp_guard::ToolError;

#[derive(Debug, ToolError)]
enum Wrong {
    #[tool_error(rejected)]
    One,
}

fn main() {}
