//! The sequence, asked of both.

use std::{collections::VecDeque, fmt::Write as _, sync::Arc};

use super::{
    cast::{Cast, settlement},
    step::{OPERATIONS, Step},
};
use crate::{
    clock::{Clock as _, ManualClock},
    store::{
        Attempt, Claim, Claimed, Fenced, Inspected, Lease, Listed, MemoryStore, OperationId,
        Payload, Reservation, Standing, Store, StoreError, StoredReply, UnreadableRecord,
        record::State,
    },
};

/// Where a store and the rules differ.
pub(super) struct Difference {
    /// At which step.
    pub(super) at: usize,
    /// What was asked until then, and answered.
    pub(super) history: String,
}

/// Asks both the same, with ids of its own.
pub(super) async fn play(
    store: &dyn Store,
    clock: &ManualClock,
    steps: &[Step],
) -> Result<(), Difference> {
    let mut players = Players::new(store, clock);
    for (at, step) in steps.iter().enumerate() {
        if !players.agree_on(step).await {
            return Err(Difference { at, history: players.history });
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) async fn history(store: &dyn Store, clock: &ManualClock, steps: &[Step]) -> String {
    let mut players = Players::new(store, clock);
    for step in steps {
        assert!(players.agree_on(step).await, "{}", players.history);
    }
    players.history
}

struct Players<'a> {
    store: &'a dyn Store,
    clock: &'a ManualClock,
    rules: MemoryStore,
    /// Goes with the store's clock.
    rules_clock: Arc<ManualClock>,
    cast: Cast,
    claims: VecDeque<Claim>,
    leases: VecDeque<Lease>,
    history: String,
}

/// An answer to any step.
#[derive(Debug, PartialEq)]
enum Answer {
    Claimed(Result<Claimed, StoreError>),
    Recalled(Result<Option<Standing>, StoreError>),
    Fenced(Result<Fenced, StoreError>),
    Found(Result<Vec<Inspected>, StoreError>),
    Waited,
}

impl<'a> Players<'a> {
    fn new(store: &'a dyn Store, clock: &'a ManualClock) -> Self {
        let now = clock.now().expect("a manual clock tells the time");
        let rules_clock = Arc::new(ManualClock::new(now));
        let rules = MemoryStore::with_clock(rules_clock.clone()).expect("randomness");
        let (claims, leases) = (VecDeque::new(), VecDeque::new());
        Self {
            store,
            clock,
            rules,
            rules_clock,
            cast: Cast::new(),
            claims,
            leases,
            history: String::new(),
        }
    }

    async fn agree_on(&mut self, step: &Step) -> bool {
        let (expected, found, lenient) = match step {
            Step::Claim(asked) => {
                let claim = self.cast.claim(asked);
                self.claims.push_front(claim.clone());
                let (expected, found) = self.claimed(&claim).await;
                (expected, found, false)
            }
            Step::ClaimAgain(latest) => match self.claims.get(usize::from(*latest)).cloned() {
                Some(claim) => {
                    let (expected, found) = self.claimed(&claim).await;
                    (expected, found, false)
                }
                None => (Answer::Waited, Answer::Waited, false),
            },
            Step::Recall(asked) => {
                let claim = self.cast.claim(asked);
                let expected = Answer::Recalled(self.rules.recall(&claim).await);
                (expected, Answer::Recalled(self.store.recall(&claim).await), false)
            }
            Step::Renew(held) => {
                let lease = self.cast.lease(held, &self.leases);
                let expected = Answer::Fenced(self.rules.renew(&lease).await);
                (expected, Answer::Fenced(self.store.renew(&lease).await), false)
            }
            Step::Dispatch(held) => {
                let lease = self.cast.lease(held, &self.leases);
                let expected = Answer::Fenced(self.rules.dispatch(&lease).await);
                (expected, Answer::Fenced(self.store.dispatch(&lease).await), false)
            }
            Step::Settle(held, ending) => {
                let (lease, settlement) = (self.cast.lease(held, &self.leases), settlement(ending));
                let lenient = self.has_expired(&lease.attempt).await;
                let expected = Answer::Fenced(self.rules.settle(&lease, &settlement).await);
                (expected, Answer::Fenced(self.store.settle(&lease, &settlement).await), lenient)
            }
            Step::Resolve(held, ending) => {
                let (attempt, settlement) =
                    (self.cast.lease(held, &self.leases).attempt, settlement(ending));
                let lenient = self.has_expired(&attempt).await;
                let expected = Answer::Fenced(self.rules.resolve(&attempt, &settlement).await);
                (expected, Answer::Fenced(self.store.resolve(&attempt, &settlement).await), lenient)
            }
            Step::Inspect(number) => {
                let (expected, found) = self.inspected(self.cast.operation(*number)).await;
                (expected, found, false)
            }
            Step::Unresolved { after, limit } => {
                let (expected, found) = self.unresolved(*after, *limit).await;
                (expected, found, false)
            }
            Step::Wait(time) => {
                self.clock.advance(*time);
                self.rules_clock.advance(*time);
                (Answer::Waited, Answer::Waited, false)
            }
        };
        self.tell(step, &expected, &found);
        let answers_agree =
            expected == found || (lenient && matches!(found, Answer::Fenced(Ok(_))));
        answers_agree && self.records_agree().await
    }

    /// What was written is the same as well.
    async fn records_agree(&mut self) -> bool {
        for number in 0..OPERATIONS {
            let (expected, found) = self.inspected(self.cast.operation(number)).await;
            if expected != found {
                self.tell(&Step::Inspect(number), &expected, &found);
                return false;
            }
        }
        true
    }

    fn tell(&mut self, step: &Step, expected: &Answer, found: &Answer) {
        let told = if expected == found {
            writeln!(self.history, "{step:?} → {found:?}")
        } else {
            writeln!(self.history, "{step:?}\n  rules: {expected:?}\n  store: {found:?}")
        };
        told.expect("a string can be written to");
    }

    async fn claimed(&mut self, claim: &Claim) -> (Answer, Answer) {
        let expected = self.rules.claim(claim).await;
        if let Ok(Claimed::Granted(lease)) = &expected {
            self.leases.push_front(lease.clone());
        }
        (Answer::Claimed(expected), Answer::Claimed(self.store.claim(claim).await))
    }

    async fn inspected(&self, operation: OperationId) -> (Answer, Answer) {
        let expected = self.rules.inspect(&operation).await.map(Vec::from_iter);
        let found = self.store.inspect(&operation).await.map(Vec::from_iter);
        (Answer::Found(expected.map(kept)), Answer::Found(found.map(kept)))
    }

    async fn unresolved(&self, after: u8, limit: u32) -> (Answer, Answer) {
        let after = Some(self.cast.operation(after));
        let expected = self.rules.unresolved(after, limit).await;
        let found = self.store.unresolved(after, limit).await;
        // The store may hold others, and they come behind ours.
        let last = self.cast.operation(u8::MAX);
        let ours = |found: Vec<Listed>| {
            let found = found.into_iter().filter(|it| UnreadableRecord::operation_of(it) <= last);
            kept(found.map(|it| it.expect("a record of ours")).collect())
        };
        (Answer::Found(expected.map(ours)), Answer::Found(found.map(ours)))
    }

    /// Whether what the attempt recorded need no longer be kept: then nobody can tell whether a
    /// settlement is the one that was recorded.
    async fn has_expired(&self, attempt: &Attempt) -> bool {
        let found = self.rules.inspect(&attempt.operation).await.expect("memory");
        found.is_none_or(|Inspected { record, now, .. }| match record.state {
            State::Recorded { ended, .. } => now >= ended.retain_until,
            _ => false,
        })
    }
}

/// What a store has to keep of the records: not the caps, not what no longer counts, not an answer
/// that can no longer be replayed.
fn kept(mut found: Vec<Inspected>) -> Vec<Inspected> {
    for Inspected { record, now, .. } in &mut found {
        let reservations = std::mem::take(&mut record.reservations).into_iter();
        record.reservations = reservations
            .filter(|it| record.counts_until(it).is_some_and(|until| *now < until))
            .map(|it| Reservation { cap: 0, ..it })
            .collect();
        if let State::Recorded { reply, ended, .. } = &mut record.state
            && *now >= ended.retain_until
        {
            *reply = StoredReply { body: Payload::from_bytes(Vec::new()), is_error: false };
        }
    }
    found
}
