//! A union is no error.
use mcp_guard::ToolError;

#[derive(ToolError)]
union Wrong {
    one: u8,
}

fn main() {}
