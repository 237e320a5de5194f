//! The schema and the value agree. (4 mistakes)
use mcp_guard::prelude::*;
use std::convert::Infallible;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Two {}

/// Do it.
#[guarded_tool(read_only, any_caller)]
async fn act(
    /// One.
    #[schemars(rename = "uno")]
    one: u8,
    /// Two.
    #[serde(flatten)]
    two: Two,
    /// Three.
    #[serde(skip)]
    three: u8,
    /// Four.
    #[cfg(all())]
    four: u8,
) -> Result<(), Infallible> {
    let _ = (one, two, three, four);
    Ok(())
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
