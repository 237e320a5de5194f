//! A payments service, and the MCP server that puts it in front of a model.

fn main() {}
