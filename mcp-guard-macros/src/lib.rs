//! The attribute and derive macros of `mcp-guard`.
//!
//! Use them through `mcp_guard`, which re-exports them: what they emit names that crate. They emit
//! data and one call, and nothing that behaves.

mod attr;
mod check;
mod docs;
#[cfg(test)]
mod docs_tests;
mod entry;
mod errors;
mod expand;
mod fallback;
mod function;
mod guarded;
mod model;
mod show;
mod suggest;
mod tool_error;
mod tool_set;
mod torn;

use proc_macro::TokenStream;

#[doc = include_str!("../docs/guarded_tool.md")]
#[doc = include_str!("../docs/keys.md")]
#[doc = include_str!("../docs/generated.md")]
#[proc_macro_attribute]
pub fn guarded_tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    show::shown(guarded::function(attribute.into(), &item.into())).into()
}

#[doc = include_str!("../docs/guarded_tools.md")]
#[proc_macro_attribute]
pub fn guarded_tools(attribute: TokenStream, item: TokenStream) -> TokenStream {
    show::shown(guarded::methods(attribute.into(), &item.into())).into()
}

#[doc = include_str!("../docs/tool_error.md")]
#[proc_macro_derive(ToolError, attributes(tool_error))]
pub fn tool_error(item: TokenStream) -> TokenStream {
    show::shown(tool_error::derive(item.into())).into()
}
