//! The dependency is renamed, or re-exported by another crate.
#![deny(warnings)]

mod facade {
    pub mod inner {
        pub use ::mcp_guard as renamed_guard;
    }
}
// What a dependency written as `mcp_guard = { package = "another" }` would do.
mod mcp_guard {}

use facade::inner::renamed_guard::{self, Guard, guarded_tool, guarded_tools};
use std::convert::Infallible;

#[derive(Debug, thiserror::Error, renamed_guard::ToolError)]
#[tool_error(crate = renamed_guard)]
enum Wrong {
    #[error("never")]
    #[tool_error(ambiguous)]
    #[allow(dead_code)]
    Never,
}

/// A relative path.
#[guarded_tool(read_only, any_caller, crate = renamed_guard)]
async fn relative(
    /// A text.
    text: String,
) -> Result<String, Wrong> {
    Ok(text)
}

/// An absolute path.
#[guarded_tool(read_only, any_caller, crate = crate::facade::inner::renamed_guard)]
async fn absolute() -> Result<(), Infallible> {
    Ok(())
}

struct Shop;

#[guarded_tools(crate = facade::inner::renamed_guard)]
impl Shop {
    /// A method.
    #[guarded_tool(idempotent, any_caller)]
    async fn method(
        &self,
        /// A text.
        text: String,
    ) -> Result<String, Infallible> {
        Ok(text)
    }
}

fn main() {
    let _ = Guard::builder().tool::<relative>().tool::<absolute>().tools(Shop);
}
