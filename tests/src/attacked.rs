//! A guard for the adversary: tools with every kind of rule, on a backend that fails when it is told,
//! panics, and says in its errors what is nobody's business.

mod bank;
mod holes;
mod tools;

use std::{error::Error, future::IntoFuture as _, sync::Arc};

use axum::{middleware::from_fn, serve::ListenerExt as _};
use mcp_guard::{
    BuildError, Guard, ManualClock, MemoryStore, StoreError, Timestamp,
    adversary::{Adversary, Attack, Goal, Trouble},
    prelude::*,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub use bank::{Bank, CANARY};
pub use holes::Hole;
use tools::{get_account, pay, pay_fee, ship};

/// What takes HTTP, and cannot be tried in a process.
pub const OF_HTTP: [Attack; 2] = [Attack::HeaderMismatch, Attack::AnotherSession];

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

/// An adversary of a fresh guard in this process, which knows all that can be known, so that no attack
/// that can be made in a process is left out. `hides`: whether the guard hides tools from those who may
/// not call them.
///
/// # Errors
/// When the guard cannot be built.
pub fn adversary(hides: bool) -> Result<Adversary, SetUpError> {
    let (bank, clock) = (Bank::default(), clock());
    let store = MemoryStore::with_clock(clock.clone())?;
    let builder = tools_of(&bank, store);
    let guard = if hides { builder.hide_unauthorized().build()? } else { builder.build()? };
    let adversary = Adversary::new(&guard).as_caller(agent()).clock(clock);
    Ok(knowing(adversary, &bank).named("guards in this process"))
}

/// A guard over HTTP.
#[derive(Debug, Clone, Copy, Default)]
pub struct OverHttp {
    /// Whether it opens sessions.
    pub sessions: bool,
    /// Whether it hides tools from those who may not call them.
    pub hides: bool,
    /// What is undone in front of it.
    pub hole: Option<Hole>,
}

impl OverHttp {
    /// Serves a fresh one, and gives an adversary of it, with a token for each caller.
    ///
    /// # Errors
    /// When the guard cannot be built or served.
    pub async fn adversary(self) -> Result<Adversary, Box<dyn Error>> {
        let (bank, clock) = (Bank::default(), clock());
        let store = MemoryStore::with_clock(clock.clone())?;
        let http = Http::bind("127.0.0.1:0");
        let http = if self.sessions { http.max_sessions(8) } else { http };
        let builder = tools_of(&bank, store).http(http).authenticate(tokens());
        let guard =
            if self.hides { builder.hide_unauthorized().build()? } else { builder.build()? };
        let router = match self.hole {
            Some(hole) => {
                guard.router()?.layer(from_fn(move |request, next| hole.let_through(request, next)))
            }
            None => guard.router()?,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/mcp", listener.local_addr()?);
        // Without it, each call takes 40 ms.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::spawn(axum::serve(listener, router).into_future());
        let adversary = Adversary::connect(url)
            .token("agent")
            .other_token("other")
            .unscoped_token("unscoped")
            .clock(clock);
        Ok(knowing(adversary, &bank).named("a guard over HTTP"))
    }
}

fn tokens() -> StaticTokens {
    let other = Caller::local("other").with_tenant("acme").with_scopes(SCOPES);
    let tokens = StaticTokens::new()
        .token("agent", agent())
        .token("other", other)
        .token("unscoped", Caller::local("agent").with_tenant("acme"));
    (0..holes::MANY).fold(tokens, |tokens, number| {
        let one = Caller::local(format!("agent-{number}")).with_scopes(SCOPES);
        tokens.token(format!("agent-{number}"), one)
    })
}

/// Tells an adversary of these tools all that there is to tell.
fn knowing(adversary: Adversary, bank: &Bank) -> Adversary {
    let (bank, troubled) = (bank.clone(), bank.clone());
    adversary
        .judged_by(move |since| bank.effects(since))
        .trouble(TROUBLES, move |trouble| {
            troubled.next_is(trouble);
            std::future::ready(())
        })
        .canary(CANARY)
        .foreign("ship", json!({"account": "theirs-1"}), json!({"account": "nobodys-1"}))
        .example("pay", payment)
        .example("pay_fee", |n| json!({"order_id": order(n)}))
        .example("ship", |n| json!({"account": format!("mine-{n}"), "pieces": 3}))
        .example("get_account", |n| json!({"account": format!("mine-{n}")}))
        .goal(Goal::of("pay").takes("amount_cents", 300_000).at_most(50_000).in_all(100_000))
        .goal(Goal::of("pay_fee").once_for("order_id"))
        .goal(Goal::of("ship").takes("pieces", 40).at_most(10).in_all(25))
}

const TROUBLES: [Trouble; 4] =
    [Trouble::FailBefore, Trouble::FailAfter, Trouble::PanicBefore, Trouble::PanicAfter];

fn tools_of(bank: &Bank, store: MemoryStore) -> GuardBuilder {
    Guard::builder()
        .name("attacked", "1")
        .provide(bank.clone())
        .store(store)
        .tool::<pay>()
        .tool::<pay_fee>()
        .tool::<ship>()
        .tool::<get_account>()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)))
}

const SCOPES: [&str; 2] = ["payments", "accounts"];

fn agent() -> Caller {
    Caller::local("agent").with_tenant("acme").with_scopes(SCOPES)
}

fn order(number: u64) -> String {
    format!("ord_{number}")
}

fn payment(number: u64) -> Value {
    json!({"order_id": order(number), "amount_cents": 700, "reason": "late"})
}
