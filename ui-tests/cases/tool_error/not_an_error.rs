//! Another derive makes it an error. (1 mistake)
use mcp_guard::ToolError;

#[derive(Debug, ToolError)]
enum Wrong {
    #[tool_error(rejected)]
    One,
}

fn main() {}
