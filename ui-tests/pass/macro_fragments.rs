//! Whatever fragments of `macro_rules!` it is put together from, it is one function.
#![deny(warnings)]

use mcp_guard::{Call, Tool, prelude::*};
use std::convert::Infallible;

macro_rules! tools {
    ($(
        $(#[$meta:meta])*
        $vis:vis $name:ident($($(#[$described:meta])* $argument:ident: $ty:ty),* $(,)?) -> $ok:ty $body:block
    )*) => { $(
        $(#[$meta])*
        #[guarded_tool(read_only, any_caller)]
        $vis async fn $name($($(#[$described])* $argument: $ty),*) -> Result<$ok, Infallible> {
            Ok($body)
        }
    )* };
}

tools! {
    /// Add two numbers.
    #[allow(clippy::unused_async)]
    pub add(
        /// One.
        #[schemars(range(max = 100))]
        one: u32,
        /// Another.
        #[serde(default)]
        other: Option<u32>,
    ) -> u32 { one + other.unwrap_or(5) }

    /// Say nothing.
    nothing() -> () {}
}

macro_rules! guarded {
    ($($item:item)*) => { $( #[guarded_tool(read_only, any_caller, timeout = "5s")] $item )* };
}

guarded! {
    /// A whole item.
    async fn whole(/** A number. */ number: u8) -> Result<u8, Infallible> {
        Ok(number)
    }
}

macro_rules! with_expressions {
    ($name:ident, $cap:literal, $value:expr, $pattern:pat, $path:path, $life:lifetime, $tree:tt) => {
        /// Charge.
        #[guarded_tool(idempotent, any_caller, limit($tree <= $cap), authorize = $path($tree))]
        async fn $name(/** How much. */ $tree: i64) -> Result<i64, Infallible> {
            let charged = $life: {
                if let $pattern = $tree {
                    break $life $value;
                }
                $tree
            };
            Ok(charged)
        }
    };
}

with_expressions!(charge, 10, 7 * 6, 3, crate::may, 'out, cents);

async fn may(_: &Caller, cents: &i64) -> bool {
    *cents != 4
}

macro_rules! methods {
    ($owner:ty, $(#[$guarded:meta])* $name:ident, $field:tt) => {
        #[guarded_tools]
        impl $owner {
            /// A method.
            $(#[$guarded])*
            async fn $name(&self) -> Result<u8, Infallible> {
                Ok(self.$field)
            }
        }
    };
}

struct Shop(u8);
methods!(Shop, #[guarded_tool(read_only, any_caller)] number, 0);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let guard = Guard::builder()
        .store(MemoryStore::new().unwrap())
        .tool::<add>()
        .tool::<nothing>()
        .tool::<whole>()
        .tool::<charge>()
        .tools(Shop(8))
        .build()
        .unwrap();
    let call = async |tool: &str, arguments| {
        let caller = Some(Caller::local("agent"));
        guard.call(Call::new(tool, arguments, caller)).await.unwrap().body().to_owned()
    };
    let key = "0123456789";
    for (tool, arguments, result) in [
        ("add", serde_json::json!({"one": 2}), "7"),
        ("nothing", serde_json::json!({}), "null"),
        ("whole", serde_json::json!({"number": 4}), "4"),
        ("charge", serde_json::json!({"cents": 3, "idempotency_key": key}), "42"),
        ("number", serde_json::json!({}), "8"),
    ] {
        assert_eq!(call(tool, arguments).await, format!(r#"{{"status":"ok","result":{result}}}"#));
    }
    let not_theirs = serde_json::json!({"cents": 4, "idempotency_key": "another-key"});
    assert!(call("charge", not_theirs).await.contains("not_permitted"));
    assert_eq!(whole::SPEC.timeout, Some(std::time::Duration::from_secs(5)));
    assert_eq!(charge::SPEC.limits[0].parameter, "cents");
}
