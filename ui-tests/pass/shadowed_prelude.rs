//! A module may have its own `Result`, `Option`, `Vec`, `String`, `Arguments`, `std` and `core`.
#![deny(warnings)]
#![allow(dead_code)]

mod std {}
mod core {}
mod serde {}
mod schemars {}
mod mcp_guard {}

struct Vec;
enum Reconciled {}
enum Returned {}
struct String;
struct Box;
struct Send;
enum Option {}
enum Some {}
enum None {}
trait Tool {}
trait Deserialize {}
trait JsonSchema {}
trait ToString {}
trait From {}
trait Into {}
trait Default {}
trait Clone {}
enum Shape {}
trait Anything {}
trait Textual {}

#[derive(::serde::Deserialize, ::schemars::JsonSchema)]
#[serde(crate = "::serde")]
#[schemars(crate = "::schemars")]
struct Arguments {
    /// One of them.
    one: u8,
}

type Result<T> = ::core::result::Result<T, Wrong>;

#[derive(::std::fmt::Debug, ::mcp_guard::ToolError)]
#[tool_error(transient, public, retry_after = "5m", field = "arguments")]
struct Wrong;

impl ::std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.write_str("wrong")
    }
}

impl ::std::error::Error for Wrong {}

struct Shop;

/// Count the arguments.
#[::mcp_guard::guarded_tool(
    idempotent(
        retain = "24h", tombstone = "30d", lease = "60s",
        in_flight = wait("500ms"), on_unknown = refuse, key = [arguments],
    ),
    budget(calls <= 1, per = "1h"),
    scope("a", "b"), limit(amount <= 1), timeout = "30s", title = "Count",
)]
async fn count(
    shop: &Shop,
    /// The arguments.
    arguments: Arguments,
    /// How many.
    amount: ::core::option::Option<u8>,
) -> Result<u8> {
    let _ = shop;
    match amount {
        ::core::option::Option::None => ::core::result::Result::Err(Wrong),
        ::core::option::Option::Some(_) => ::core::result::Result::Ok(arguments.one),
    }
}

/// Count in a transaction.
#[::mcp_guard::guarded_tool(idempotent(store = "transaction"), any_caller)]
async fn write(tx: &mut Vec) -> Result<u8> {
    let _ = tx;
    ::core::result::Result::Ok(1)
}

/// Count as somebody else says.
#[::mcp_guard::guarded_tool(idempotent(on_unknown = reconcile(find)), any_caller, authorize = may)]
async fn found() -> Result<u8> {
    ::core::result::Result::Ok(1)
}

async fn may(_: &::mcp_guard::Caller) -> bool {
    true
}

async fn find() -> ::mcp_guard::Reconciled<u8> {
    ::mcp_guard::Reconciled::StillUnknown
}

#[::mcp_guard::guarded_tools]
impl Shop {
    /// Count again.
    #[guarded_tool(read_only, any_caller)]
    async fn again(
        &self,
        /// The arguments.
        arguments: Arguments,
    ) -> Result<u8> {
        ::core::result::Result::Ok(arguments.one)
    }
}

fn main() {
    use ::mcp_guard::{InFlight, OnUnknown};
    use ::std::time::Duration;

    let spec = <count as ::mcp_guard::Tool>::SPEC;
    let ::mcp_guard::EffectClass::Idempotent(keys) = spec.effect else { panic!() };
    assert_eq!(keys.retain, ::core::option::Option::Some(Duration::from_secs(86_400)));
    assert_eq!(keys.tombstone, ::core::option::Option::Some(Duration::from_secs(2_592_000)));
    assert_eq!(keys.lease, ::core::option::Option::Some(Duration::from_secs(60)));
    assert_eq!(keys.in_flight, InFlight::Wait(Duration::from_millis(500)));
    assert_eq!(keys.on_unknown, OnUnknown::Refuse);
    assert_eq!(spec.timeout, ::core::option::Option::Some(Duration::from_secs(30)));
    assert_eq!(spec.title, ::core::option::Option::Some("Count"));

    let report = ::mcp_guard::ToolError::report(&Wrong);
    assert_eq!(report.class, ::mcp_guard::Class::Transient);
    assert_eq!(report.code, "wrong");
    assert_eq!(report.public_message.as_deref(), ::core::option::Option::Some("wrong"));
    assert_eq!(report.retry_after, ::core::option::Option::Some(Duration::from_secs(300)));
    assert_eq!(report.field.as_deref(), ::core::option::Option::Some("/arguments"));
    let _ = ::mcp_guard::Guard::builder()
        .tool::<count>()
        .tool::<write>()
        .tool::<found>()
        .tools(Shop);
}
