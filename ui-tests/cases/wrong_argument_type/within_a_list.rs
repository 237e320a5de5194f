//! So is what is in a list, an option, or a map. (4 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

struct Line;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// Lines.
    lines: Vec<Line>,
    /// More of them.
    more: Option<std::collections::BTreeMap<String, Line>>,
) -> Result<(), Infallible> {
    let _ = (lines, more);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
