//! So does a struct. (1 mistake)
use mcp_guard::ToolError;

#[derive(Debug, thiserror::Error, ToolError)]
#[error("wrong")]
struct Wrong;

fn main() {
    let _ = Wrong.report();
}
