//! A store and the rules, asked the same.

mod cast;
mod play;
mod step;

use play::play;
use step::{Dice, Step};

use crate::{clock::ManualClock, store::Store};

/// Whatever is asked, in whatever order, the store answers as the rules of
/// [`record`](crate::store::record) do.
///
/// A random sequence of so many operations over a few keys, principals and budgets, made from the
/// seed, is asked of this store and of a [`MemoryStore`](crate::store::MemoryStore). Where they
/// differ, the sequence is shortened for as long as they still do, and what is left is told with the
/// seed.
pub async fn agrees_with_the_rules(
    store: &dyn Store,
    clock: &ManualClock,
    seed: u64,
    steps: usize,
) {
    let mut dice = Dice::new(seed);
    let steps: Vec<Step> = (0..steps).map(|_| Step::random(&mut dice)).collect();
    if let Err(difference) = play(store, clock, &steps).await {
        let shortest = shortened(store, clock, steps[..=difference.at].to_vec()).await;
        let told = play(store, clock, &shortest).await.err().unwrap_or(difference);
        panic!("the store does not agree with the rules (seed {seed}):\n{}", told.history);
    }
}

/// Leaves out what is not needed for a difference, first in large pieces and then in small ones.
async fn shortened(store: &dyn Store, clock: &ManualClock, mut steps: Vec<Step>) -> Vec<Step> {
    let mut piece = steps.len() / 2;
    while piece > 0 {
        let mut from = 0;
        while from < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(from..steps.len().min(from + piece));
            match play(store, clock, &fewer).await {
                Err(difference) => {
                    fewer.truncate(difference.at + 1);
                    steps = fewer;
                }
                Ok(()) => from += piece,
            }
        }
        piece /= 2;
    }
    steps
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        clock::Timestamp,
        secret::DeploymentSecret,
        store::{
            Attempt, Claim, Claimed, Fenced, Inspected, Lease, Listed, MemoryStore, OperationId,
            Settlement, Standing, StoreFuture,
        },
    };

    /// A store whose budgets have no window, to see that it is found out.
    struct Forgetful(MemoryStore);

    impl Store for Forgetful {
        fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
            Box::pin(async move {
                let mut claim = claim.clone();
                for reservation in &mut claim.reservations {
                    reservation.window = std::time::Duration::ZERO;
                }
                self.0.claim(&claim).await
            })
        }

        fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
            self.0.recall(claim)
        }

        fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
            self.0.renew(lease)
        }

        fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
            self.0.dispatch(lease)
        }

        fn settle<'a>(
            &'a self,
            lease: &'a Lease,
            settlement: &'a Settlement,
        ) -> StoreFuture<'a, Fenced> {
            self.0.settle(lease, settlement)
        }

        fn resolve<'a>(
            &'a self,
            attempt: &'a Attempt,
            settlement: &'a Settlement,
        ) -> StoreFuture<'a, Fenced> {
            self.0.resolve(attempt, settlement)
        }

        fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>> {
            self.0.inspect(operation)
        }

        fn unresolved(
            &self,
            after: Option<OperationId>,
            limit: u32,
        ) -> StoreFuture<'_, Vec<Listed>> {
            self.0.unresolved(after, limit)
        }

        fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
            self.0.secret()
        }
    }

    #[tokio::test]
    async fn a_store_that_differs_is_told_by_a_short_history() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        let store = Forgetful(MemoryStore::with_clock(clock.clone()).expect("a store"));
        let told = tokio::spawn(async move {
            for seed in 0..50 {
                agrees_with_the_rules(&store, &clock, seed, 300).await;
            }
        });
        let panic = told.await.expect_err("a difference").into_panic();
        let text = panic.downcast_ref::<String>().expect("a text");
        assert!(text.contains("seed"), "{text}");
        assert!(text.lines().count() < 12, "{text}");
    }

    #[tokio::test]
    async fn every_answer_comes_up() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        let store = MemoryStore::with_clock(clock.clone()).expect("a store");
        let mut seen = String::new();
        for seed in 0..20 {
            let mut dice = Dice::new(seed);
            let steps: Vec<Step> = (0..300).map(|_| Step::random(&mut dice)).collect();
            seen += &play::history(&store, &clock, &steps).await;
        }
        for answer in [
            "Granted",
            "InFlight",
            "Unknown(",
            "Conflict",
            "Expired",
            "AlreadyDone",
            "OverBudget(0)",
            "OverBudget(1)",
            "duplicate_of: Some",
            "duplicate_of: None",
            "Applied",
            "Superseded",
            "tentative: true",
            "Released",
            "acted: false",
        ] {
            assert!(seen.contains(answer), "{answer} never came up");
        }
    }
}
