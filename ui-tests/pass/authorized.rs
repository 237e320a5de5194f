//! Functions and methods that decide whether a caller may do this.
#![deny(warnings)]

use mcp_guard::{Tool, prelude::*};
use std::{convert::Infallible, io};

struct Orders(&'static str);

/// Given all that there is: what is provided, then what the model sends.
async fn owns_order(
    caller: &Caller,
    orders: &Orders,
    order_id: &str,
    cents: &u64,
) -> Result<bool, io::Error> {
    Ok(orders.0 == order_id && caller.subject() == "agent" && *cents > 0)
}

/// Charge for an order.
#[guarded_tool(idempotent, any_caller, authorize = owns_order)]
async fn charge(
    /// For what.
    order_id: String,
    caller: &Caller,
    effect: &Effect,
    orders: &Orders,
    /// How much.
    cents: u64,
) -> Result<u64, Infallible> {
    let _ = (order_id, caller, effect, orders);
    Ok(cents)
}

mod rules {
    use mcp_guard::prelude::Caller;

    pub(crate) async fn owns_type(_: &Caller, r#type: &str, orders: &super::Orders) -> bool {
        orders.0 == r#type
    }

    pub(crate) async fn is_somebody(caller: &Caller) -> bool {
        !caller.subject().is_empty()
    }
}

/// Look at one. Names that the expansion uses, and raw ones, are names like any other.
#[guarded_tool(read_only, any_caller, authorize = rules::owns_type(r#type, arguments))]
async fn look(
    arguments: &Orders,
    /// Of which type.
    r#type: String,
    /// How.
    call: Option<String>,
) -> Result<bool, Infallible> {
    Ok(arguments.0 == r#type && call.is_none())
}

/// Look at something.
#[guarded_tool(read_only, any_caller, authorize = rules::is_somebody())]
async fn look_around(
    /// Where.
    place: String,
) -> Result<Vec<String>, Infallible> {
    Ok(vec![place])
}

/// A function may have the name of what calls it.
async fn permit(_: &Caller) -> bool {
    true
}

/// Act.
#[guarded_tool(idempotent, any_caller, authorize = permit)]
async fn act() -> Result<u8, Infallible> {
    Ok(1)
}

struct Shop;

/// A function beside the methods, which takes what is lent for `&self`.
async fn sells(_: &Shop, _: &Caller, what: &str) -> bool {
    !what.is_empty()
}

#[guarded_tools]
impl self::Shop {
    /// Buy something.
    #[guarded_tool(idempotent, any_caller, authorize = Self::has)]
    async fn buy(
        &self,
        /// What.
        what: String,
        effect: &Effect,
    ) -> Result<usize, Infallible> {
        let _ = effect;
        Ok(what.len())
    }

    async fn has(&self, _: &Caller, what: &str) -> bool {
        let _ = self;
        !what.is_empty()
    }

    /// Sell something.
    #[guarded_tool(idempotent, any_caller, authorize = sells)]
    async fn sell(
        &self,
        /// What.
        what: String,
    ) -> Result<usize, Infallible> {
        Ok(what.len())
    }

    /// Without a shop.
    #[guarded_tool(read_only, any_caller, authorize = Self::gives)]
    async fn give(
        /// How many.
        many: u8,
    ) -> Result<u8, Infallible> {
        Ok(many)
    }

    async fn gives(_: &Caller, many: &u8) -> Result<bool, Infallible> {
        Ok(*many < 10)
    }
}

macro_rules! looks {
    ($name:ident, $id:ident, $may:path) => {
        /// Look at one.
        #[guarded_tool(read_only, any_caller, authorize = $may($id))]
        async fn $name(
            /// Which.
            $id: String,
        ) -> Result<usize, Infallible> {
            Ok($id.len())
        }
    };
}
async fn is_short(_: &Caller, id: &str) -> bool {
    id.len() < 10
}
looks!(look_through, id, self::is_short);

/// Nothing decides.
#[guarded_tool(read_only, any_caller)]
async fn open() -> Result<u8, Infallible> {
    Ok(1)
}

fn main() {
    assert!(charge::SPEC.authorizes && look::SPEC.authorizes && look_around::SPEC.authorizes);
    assert!(act::SPEC.authorizes && !open::SPEC.authorizes);
    let built = Guard::builder()
        .provide(Orders("ord_1"))
        .store(MemoryStore::new().expect("a store"))
        .tool::<charge>()
        .tool::<look>()
        .tool::<look_around>()
        .tool::<act>()
        .tool::<look_through>()
        .tool::<open>()
        .tools(Shop)
        .build();
    assert!(built.is_ok(), "{:?}", built.err());
}
