//! A guard for the adversary: tools with every kind of rule, on a backend that fails when it is told,
//! panics, and says in its errors what is nobody's business.

mod bank;
mod tools;

use std::sync::Arc;

use mcp_guard::{
    BuildError, Guard, ManualClock, MemoryStore, StoreError, Timestamp,
    adversary::{Adversary, Goal, Trouble},
    prelude::*,
};
use serde_json::{Value, json};

pub use bank::{Bank, CANARY};
use tools::{get_account, pay, pay_fee, ship};

/// Why the guard could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The tools do not fit together.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// There is no store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An adversary of a fresh guard, which knows all that can be known, so that no attack in this process
/// is left out. `hides`: whether the guard hides tools from those who may not call them.
///
/// # Errors
/// When the guard cannot be built.
pub fn adversary(hides: bool) -> Result<Adversary, SetUpError> {
    let bank = Bank::default();
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
    let store = MemoryStore::with_clock(clock.clone())?;
    let guard = guard(&bank, store, hides)?;
    let troubled = bank.clone();
    Ok(Adversary::new(&guard)
        .named(if hides { "a guard that hides tools" } else { "a guard" })
        .as_caller(agent())
        .clock(clock)
        .judged_by(move |since| bank.effects(since))
        .trouble(TROUBLES, move |trouble| {
            troubled.next_is(trouble);
            std::future::ready(())
        })
        .canary(CANARY)
        .foreign("ship", json!({"account": "theirs-1"}))
        .example("pay", |n| payment(n))
        .example("pay_fee", |n| json!({"order_id": order(n)}))
        .example("ship", |n| json!({"account": format!("mine-{n}"), "pieces": 3}))
        .example("get_account", |n| json!({"account": format!("mine-{n}")}))
        .goal(Goal::of("pay").takes("amount_cents", 300_000).at_most(50_000).in_all(100_000))
        .goal(Goal::of("pay_fee").once_for("order_id"))
        .goal(Goal::of("ship").takes("pieces", 40).at_most(10).in_all(25)))
}

const TROUBLES: [Trouble; 4] =
    [Trouble::FailBefore, Trouble::FailAfter, Trouble::PanicBefore, Trouble::PanicAfter];

fn guard(bank: &Bank, store: MemoryStore, hides: bool) -> Result<Guard, BuildError> {
    let builder = Guard::builder()
        .name("attacked", "1")
        .provide(bank.clone())
        .store(store)
        .tool::<pay>()
        .tool::<pay_fee>()
        .tool::<ship>()
        .tool::<get_account>();
    if hides { builder.hide_unauthorized().build() } else { builder.build() }
}

fn agent() -> Caller {
    Caller::local("agent").with_tenant("acme").with_scopes(["payments", "accounts"])
}

fn order(number: u64) -> String {
    format!("ord_{number}")
}

fn payment(number: u64) -> Value {
    json!({"order_id": order(number), "amount_cents": 700, "reason": "late"})
}
