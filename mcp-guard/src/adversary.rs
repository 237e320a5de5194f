//! An agent that tries to exceed its scope and to act twice: the adversarial test of a server, for every
//! server.
//!
//! It learns the tools from `tools/list`, as a model does, and attacks what it finds: limits, keys,
//! scopes, arguments, timing, what answers tell. Every [`Attack`] has a name, says what it tries, and
//! what it means that it landed. What cannot be tried where it is, for want of a second caller or of a
//! ledger, is in the [`Report`] with its reason. It is judged by an [`EffectLedger`] that is not the
//! server's word. That an attack was refused tells nothing where everything is: the report
//! [is safe](Report::is_safe) only if right calls of each tool were accepted.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//!
//! use mcp_guard::{
//!     MemoryStore,
//!     adversary::{Adversary, Goal, LedgerEntry},
//!     prelude::*,
//! };
//! use schemars::JsonSchema;
//! use serde::Serialize;
//!
//! /// The books of the backend, which the guard does not see.
//! #[derive(Clone, Default)]
//! struct Books(Arc<Mutex<Vec<LedgerEntry>>>);
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Paid { amount_cents: u64 }
//!
//! #[derive(Debug, thiserror::Error, ToolError)]
//! #[error("there is no such order")]
//! #[tool_error(rejected, code = "order_not_found", public)]
//! struct NoSuchOrder;
//!
//! /// Pay a customer back.
//! #[guarded_tool(
//!     idempotent, scope = "refunds",
//!     max_amount = 50000, budget(amount_cents <= 100_000, per = "24h"),
//! )]
//! async fn pay_back(
//!     books: &Books,
//!     /// Order to pay back.
//!     #[schemars(length(max = 40))]
//!     order_id: String,
//!     /// Amount, in cents.
//!     #[schemars(range(min = 1))]
//!     amount_cents: u64,
//! ) -> Result<Paid, NoSuchOrder> {
//!     if !order_id.starts_with("ord_") {
//!         return Err(NoSuchOrder);
//!     }
//!     books.0.lock().unwrap().push(LedgerEntry::on(order_id).amount(amount_cents));
//!     Ok(Paid { amount_cents })
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let books = Books::default();
//! let guard = Guard::builder()
//!     .provide(books.clone())
//!     .store(MemoryStore::new()?)
//!     .tool::<pay_back>()
//!     .build()?;
//!
//! let report = Adversary::new(&guard)
//!     .as_caller(Caller::local("agent").with_scopes(["refunds"]))
//!     .example("pay_back", |n| serde_json::json!({
//!         "order_id": format!("ord_{n}"), "amount_cents": 100,
//!     }))
//!     .goal(Goal::of("pay_back").takes("amount_cents", 300_000).at_most(50_000).in_all(100_000))
//!     .judged_by(move |since: usize| books.0.lock().unwrap()[since..].to_vec())
//!     .attacks(500)
//!     .benign(50)
//!     .run()
//!     .await?;
//! report.assert_safe();
//! # assert!(report.tried() >= 500 && report.benign.calls >= 50);
//! # Ok(())
//! # }
//! ```
//!
//! A guard is attacked in this process, from the bytes of each message on. Any server, guarded or not,
//! is attacked as a client reaches it with [`Adversary::connect`].
//!
//! Point it at a server of your own only, with a backend that holds no real money: what lands, lands.

mod answer;
mod attack;
mod attacks;
mod benign;
mod builder;
mod chance;
mod compare;
mod field;
mod goal;
mod known;
mod learn;
mod ledger;
mod link;
mod play;
mod report;
mod run;
mod scan;

pub use attack::Attack;
pub use builder::{Adversary, Target};
pub use field::Trouble;
pub use goal::Goal;
pub use ledger::{EffectLedger, LedgerEntry};
pub use play::Step;
pub use report::{Benign, Landed, Premise, Report, Row};
pub use run::AdversaryError;
