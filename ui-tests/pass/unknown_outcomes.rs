//! Functions and methods that find out what an earlier attempt did, and bodies that mark the moment.
#![deny(warnings)]

use mcp_guard::{EffectClass, IdempotentSpec, OnUnknown, Tool, prelude::*};
use std::convert::Infallible;

mod ledger {
    use mcp_guard::prelude::*;

    /// What cannot be asked is not known.
    pub(crate) async fn find_charge(
        shop: &super::Shop,
        caller: &Caller,
        effect: &Effect,
        order_id: String,
        mut cents: u64,
    ) -> Result<Reconciled<u64>, std::io::Error> {
        let _ = (shop, caller);
        cents += order_id.parse::<u64>().map_err(std::io::Error::other)?;
        Ok(if effect.key().is_empty() { Reconciled::NotLanded } else { Reconciled::Landed(cents) })
    }
}

struct Shop;

/// Charge for an order.
#[guarded_tool(
    idempotent(on_unknown = reconcile(ledger::find_charge), dispatch),
    any_caller,
)]
async fn charge(
    shop: &Shop,
    caller: &Caller,
    effect: &Effect,
    /// For what.
    order_id: String,
    /// How much.
    cents: u64,
) -> Result<u64, Infallible> {
    let _ = (shop, caller, effect, order_id);
    Ok(cents)
}

/// A function may have the name of what calls it.
async fn reconcile() -> Reconciled<u8> {
    Reconciled::StillUnknown
}

/// Act.
#[guarded_tool(idempotent(on_unknown = reconcile(reconcile)), any_caller)]
async fn act() -> Result<u8, Infallible> {
    Ok(1)
}

/// Try again.
#[guarded_tool(idempotent(on_unknown = retry, dispatch), any_caller)]
async fn again(effect: &Effect) -> Result<u8, Infallible> {
    let _ = effect;
    Ok(1)
}

/// There only with its tool.
#[cfg(any())]
async fn find_nothing() -> NoSuchType {}

/// Not there.
#[guarded_tool(idempotent(on_unknown = reconcile(find_nothing)), any_caller)]
#[cfg(any())]
async fn nothing() -> Result<(), NoSuchType> {}

/// A function beside the methods, which takes what is lent for `&self`.
async fn find_sold(shop: &Shop, caller: &Caller, what: String) -> Reconciled<usize> {
    let _ = (shop, caller);
    Reconciled::Landed(what.len())
}

#[guarded_tools]
impl self::Shop {
    /// Buy something.
    #[guarded_tool(idempotent(on_unknown = reconcile(Self::find_bought)), any_caller)]
    async fn buy(
        &self,
        /// What.
        what: String,
        effect: &Effect,
    ) -> Result<usize, Infallible> {
        let _ = effect;
        Ok(what.len())
    }

    async fn find_bought(&self, what: String, effect: &Effect) -> Reconciled<usize> {
        let _ = (self, effect);
        Reconciled::Landed(what.len())
    }

    /// Sell something.
    #[guarded_tool(idempotent(on_unknown = reconcile(self::find_sold)), any_caller)]
    async fn sell(
        &self,
        caller: &Caller,
        /// What.
        what: String,
    ) -> Result<usize, Infallible> {
        let _ = caller;
        Ok(what.len())
    }

    /// Without a shop.
    #[guarded_tool(idempotent(on_unknown = reconcile(Self::find_given)), any_caller)]
    async fn give(
        /// How many.
        many: u8,
    ) -> Result<u8, Infallible> {
        Ok(many)
    }

    async fn find_given(many: u8) -> Result<Reconciled<u8>, Infallible> {
        Ok(Reconciled::Landed(many))
    }
}

fn keys<T: Tool>() -> IdempotentSpec {
    let EffectClass::Idempotent(keys) = T::SPEC.effect else { panic!("it changes something") };
    keys
}

fn main() {
    assert_eq!(keys::<charge>().on_unknown, OnUnknown::Reconcile);
    assert!(keys::<charge>().dispatches && !keys::<charge>().transaction);
    assert_eq!(keys::<act>().on_unknown, OnUnknown::Reconcile);
    assert!(!keys::<act>().dispatches);
    assert_eq!(keys::<again>().on_unknown, OnUnknown::Retry);
    assert!(keys::<again>().dispatches);

    /// Within a function, too.
    #[guarded_tool(idempotent(on_unknown = reconcile(find_local)), any_caller)]
    async fn local() -> Result<u8, Infallible> {
        Ok(1)
    }
    async fn find_local() -> Reconciled<u8> {
        Reconciled::StillUnknown
    }

    let _ = Guard::builder()
        .tool::<charge>()
        .tool::<act>()
        .tool::<again>()
        .tool::<local>()
        .tools(Shop);
}
