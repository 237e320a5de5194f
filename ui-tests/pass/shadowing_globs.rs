//! What a glob brings has the names of all that the expansion needs: modules, traits, types, macros.
#![deny(warnings)]

#![allow(unused_imports, unused_macros, non_snake_case, non_upper_case_globals)]

macro_rules! concat { ($($any:tt)*) => { compile_error!("this is not the one") }; }
macro_rules! panic { ($($any:tt)*) => { compile_error!("this is not the one") }; }
macro_rules! stringify { ($($any:tt)*) => { compile_error!("this is not the one") }; }

mod evil {
    pub(crate) mod std {}
    pub(crate) mod core {}
    pub(crate) mod alloc {}
    pub(crate) mod serde {}
    pub(crate) mod schemars {}
    pub(crate) mod mcp_guard {}
    pub(crate) struct Result;
    pub(crate) struct Option;
    pub(crate) struct String;
    pub(crate) struct Vec;
    pub(crate) struct Box;
    pub(crate) struct Tool;
    pub(crate) struct Provided;
    pub(crate) struct Infallible;
    pub(crate) trait Send {}
    pub(crate) trait Sync {}
    pub(crate) trait Sized {}
    pub(crate) trait Fn {}
    pub(crate) trait Iterator {}
    pub(crate) trait Default {}
    pub(crate) trait Deserialize {}
    pub(crate) trait JsonSchema {}
    pub(crate) trait Readable {}
    pub(crate) trait Described {}
    pub(crate) trait Into {}
    pub(crate) fn Some() {}
    pub(crate) fn Ok() {}
    pub(crate) fn Err() {}
    pub(crate) const None: u8 = 0;
}

mod tools {
    use crate::evil::*;

    #[derive(::serde::Deserialize, ::serde::Serialize, ::schemars::JsonSchema)]
    #[serde(crate = "::serde")]
    #[schemars(crate = "::schemars")]
    pub(crate) struct What {
        /// How much.
        pub(crate) amount: u64,
    }

    /// Charge.
    #[doc = ::core::concat!("In ", "words.")]
    #[::mcp_guard::guarded_tool(
        idempotent(key = [what], retain = "1h"), any_caller, max_amount = 5, title = "Charge",
    )]
    pub(crate) async fn charge(
        effect: &::mcp_guard::Effect,
        /// What.
        what: What,
        /// How much.
        amount: u64,
        /// Said.
        said: ::core::option::Option<::std::string::String>,
    ) -> ::core::result::Result<What, ::core::convert::Infallible> {
        let _ = (effect, said);
        ::core::result::Result::Ok(What { amount: what.amount + amount })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    use ::mcp_guard::{Call, prelude::*};

    let guard = Guard::builder()
        .store(MemoryStore::new().unwrap())
        .tool::<tools::charge>()
        .build()
        .unwrap();
    let arguments = ::serde_json::json!({
        "what": {"amount": 1}, "amount": 2, "idempotency_key": "charge-0001"
    });
    let reply = guard.call(Call::new("charge", arguments, Some(Caller::local("agent")))).await.unwrap();
    assert_eq!(reply.body(), r#"{"status":"ok","result":{"amount":3}}"#);
}
