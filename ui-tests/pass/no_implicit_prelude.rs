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
) -> ::core::result::Result<::std::vec::Vec<::std::string::String>, Wrong> {
    let _ = shop;
    if times == ::core::option::Option::None {
        return ::core::result::Result::Err(Wrong::Wrong);
    }
    ::core::result::Result::Ok(::std::vec![text])
}

/// Repeat the text once.
#[::mcp_guard::guarded_tool(
    idempotent(key = [text], on_unknown = reconcile(find), dispatch),
    any_caller,
    budget(times <= 3, per = "1h", of = text),
    budget(calls <= 3, per = "1h"),
)]
async fn once(
    effect: &::mcp_guard::Effect,
    /// The text.
    text: ::std::string::String,
    /// How often.
    times: u32,
) -> ::core::result::Result<::std::vec::Vec<::std::string::String>, Wrong> {
    let _ = (effect, times);
    ::core::result::Result::Ok(::std::vec![text])
}

async fn find(
    _: &::mcp_guard::Effect,
    text: ::std::string::String,
    _: u32,
) -> ::mcp_guard::Reconciled<::std::vec::Vec<::std::string::String>> {
    ::mcp_guard::Reconciled::Landed(::std::vec![text])
}

/// Write the text down.
#[::mcp_guard::guarded_tool(idempotent(store = "transaction"), any_caller)]
async fn write(tx: &mut ::std::string::String) -> ::core::result::Result<(), Wrong> {
    tx.push('.');
    ::core::result::Result::Ok(())
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
    let _ = ::mcp_guard::Guard::builder().tool::<repeat>().tool::<once>().tool::<write>().tools(Shop);
}
