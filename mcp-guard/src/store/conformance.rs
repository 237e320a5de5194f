//! What a [`Store`] promises, as tests: one public function for each promise, which every store
//! runs, ours and other people's.
//!
//! Each takes the store and, where time has to pass, the store's clock, and panics where the promise
//! is broken. [`all`] runs them on one store. The store may hold other data: every test makes
//! operations, keys and budgets of its own.
#![expect(clippy::missing_panics_doc, reason = "to panic is how a test fails")]

mod agreement;
mod budgets;
mod business;
mod claims;
mod fixture;
mod resolution;
mod tentative;
mod transactions;
mod unknown;

use std::sync::Arc;

pub use self::{
    agreement::agrees_with_the_rules, budgets::*, business::*, claims::*, resolution::*,
    tentative::*, transactions::*, unknown::*,
};
use super::Store;
use crate::clock::ManualClock;

/// Runs every test.
pub async fn all<S: Store>(store: Arc<S>, clock: &ManualClock) {
    let shared: Arc<dyn Store> = store;
    claims::all(&shared, clock).await;
    unknown::all(&*shared, clock).await;
    business::all(&shared, clock).await;
    budgets::all(&shared, clock).await;
    tentative::all(&shared, clock).await;
    resolution::all(&*shared, clock).await;
    transactions::all(&*shared).await;
    for seed in 0..16 {
        agrees_with_the_rules(&*shared, clock, seed, 250).await;
    }
}
