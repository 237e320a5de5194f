//! Nothing is taken from the prelude.
#![no_implicit_prelude]
#![deny(warnings)]

#[derive(::std::fmt::Debug, ::thiserror::Error, ::mcp_guard::ToolError)]
enum Wrong {
    #[error("wrong")]
    #[tool_error(rejected, public, field = "text")]
    Wrong,
}

struct Shop;

/// Repeat the text.
#[::mcp_guard::guarded_tool(idempotent, any_caller, limit(times <= 3))]
async fn repeat(
    shop: &Shop,
    /// The text.
    text: ::std::string::String,
    /// How often.
    times: ::core::option::Option<u32>,
) -> ::core::result::Result<::std::string::String, Wrong> {
    let _ = shop;
    if times == ::core::option::Option::None {
        return ::core::result::Result::Err(Wrong::Wrong);
    }
    ::core::result::Result::Ok(text)
}

#[::mcp_guard::guarded_tools]
impl Shop {
    /// Do nothing.
    #[guarded_tool(read_only, any_caller)]
    async fn nothing(&self) -> ::core::result::Result<(), Wrong> {
        ::core::result::Result::Ok(())
    }
}

fn main() {
    let _ = ::mcp_guard::Guard::builder().tool::<repeat>().tools(Shop);
}
