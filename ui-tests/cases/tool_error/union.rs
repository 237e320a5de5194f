//! A union is no error. (1 mistake)
use mcp_guard::ToolError;

#[derive(ToolError)]
union Wrong {
    one: u8,
}

fn main() {}
