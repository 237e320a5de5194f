//! What the model sends is owned. (3 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// A text.
    text: &str,
    /// Bytes.
    bytes: &[u8],
    /// Texts.
    texts: Vec<&str>,
    /// A static text.
    fixed: Option<&'static str>,
) -> Result<(), Infallible> {
    let _ = (text, bytes, texts, fixed);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
