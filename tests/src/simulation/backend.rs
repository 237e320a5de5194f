//! The backend behind the tools: slow, unreliable, and honest. Its ledger is the truth.

use std::{
    collections::HashMap,
    future::pending,
    panic::resume_unwind,
    sync::{Arc, PoisonError},
    time::Duration,
};

use mcp_guard::{Effect, OnUnknown};
use tokio::time::sleep;

use super::{
    judge::CallId,
    plan::Fault,
    tools::{Receipt, Trouble},
    world::{World, current_call},
};

/// How often in a thousand times a request is refused, whatever the weather.
const REFUSED: u64 = 60;
/// How late a request may still arrive that nobody waits for, in milliseconds.
const LATEST: u64 = 20_000;

/// The backend, as the server provides it to its tools.
#[derive(Clone)]
pub(super) struct Backend(Arc<World>);

/// What the backend remembers.
#[derive(Default)]
pub(super) struct Books {
    /// What became of the requests with a key, the last one first to be found.
    outcomes: HashMap<String, Outcome>,
    /// Up to which attempt the requests with a key are refused.
    canceled: HashMap<String, u32>,
    entries: u64,
}

#[derive(Clone)]
enum Outcome {
    Done(Receipt),
    Refused,
}

/// What a look into the books shows.
pub(super) enum Found {
    /// It was done.
    Entry(Receipt),
    /// It was not, and this attempt and those before it are refused from now on.
    CanceledAttempts,
    NoAnswer,
}

/// A request that is about to be sent.
pub(super) struct Request {
    world: Arc<World>,
    call: CallId,
    key: String,
    attempt: u32,
    order: String,
    amount: u64,
    deduplicates: bool,
    is_refused: bool,
    trouble: Option<Fault>,
}

impl Backend {
    pub(super) fn of(world: &Arc<World>) -> Self {
        Self(Arc::clone(world))
    }

    /// What a body does before its effect.
    ///
    /// # Panics
    /// When that is what goes wrong.
    pub(super) async fn prepare(&self, effect: &Effect, order: &str, amount: u64) -> Request {
        const TROUBLES: [Fault; 10] = [
            Fault::BackendSlow,
            Fault::BackendSlow,
            Fault::BackendBusy,
            Fault::BackendBrokenBefore,
            Fault::BackendBrokenAfter,
            Fault::BackendLate,
            Fault::BackendSilent,
            Fault::BackendDeaf,
            Fault::PanicBefore,
            Fault::PanicAfter,
        ];
        let world = &self.0;
        let call = current_call().expect("bodies run on behalf of a call");
        let often = if world.is_calm() { 0 } else { world.plan.weather.backend };
        let (trouble, is_refused) = world.chance(|chance| {
            let trouble = chance.happens(often).then(|| chance.pick(&TROUBLES));
            (trouble, chance.happens(REFUSED))
        });
        if let Some(trouble) = trouble {
            world.fault(trouble, [call]);
        }
        let longest = world.chance(|chance| if chance.happens(150) { 2_500 } else { 20 });
        world.wait(0, longest).await;
        if trouble == Some(Fault::PanicBefore) {
            panic("before the effect");
        }
        let intent = world.judge(|judge, _| judge.intent(call));
        Request {
            world: Arc::clone(world),
            call,
            key: effect.key().to_owned(),
            attempt: effect.attempt(),
            order: order.to_owned(),
            amount,
            deduplicates: intent.spec().on_unknown == OnUnknown::Retry,
            is_refused,
            trouble,
        }
    }

    /// Whether an earlier attempt has acted. If none has, none of them will.
    pub(super) async fn find(&self, effect: &Effect) -> Found {
        let world = &self.0;
        let (before, after, answers) = world.chance(|chance| {
            let slow = if chance.happens(200) { 2_500 } else { 20 };
            (chance.between(0, slow), chance.between(0, slow), !chance.happens(100))
        });
        sleep(Duration::from_millis(before)).await;
        if !answers && !world.is_calm() {
            return Found::NoAnswer;
        }
        let found = {
            let mut books = world.books.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(Outcome::Done(receipt)) = books.outcomes.get(effect.key()) {
                Found::Entry(receipt.clone())
            } else {
                let canceled = books.canceled.entry(effect.key().to_owned()).or_default();
                *canceled = effect.attempt().max(*canceled);
                Found::CanceledAttempts
            }
        };
        sleep(Duration::from_millis(after)).await;
        found
    }
}

impl Request {
    /// Sends the request, and waits for the answer as well as can be.
    ///
    /// # Panics
    /// When that is what goes wrong.
    pub(super) async fn send(self) -> Result<Receipt, Trouble> {
        let world = Arc::clone(&self.world);
        match self.trouble {
            None | Some(Fault::PanicBefore) => self.exchange(20).await,
            Some(Fault::BackendSlow) => {
                // Within the deadline, there and back.
                let patience = world.plan.timeout.as_millis().saturating_sub(3_200) / 2;
                self.exchange(u64::try_from(patience).unwrap_or_default()).await
            }
            Some(Fault::BackendBusy) => {
                world.wait(0, 300).await;
                Err(Trouble::Busy)
            }
            Some(Fault::BackendBrokenBefore) => Err(Trouble::NoAnswer),
            Some(Fault::BackendBrokenAfter) => {
                // What it says is lost.
                let _lost = self.exchange(20).await;
                Err(Trouble::NoAnswer)
            }
            Some(Fault::BackendLate) => {
                let (late, says_so) =
                    world.chance(|chance| (chance.between(100, LATEST), chance.happens(500)));
                tokio::spawn(async move {
                    sleep(Duration::from_millis(late)).await;
                    // Nobody waits for it.
                    drop(self.arrive());
                });
                if !says_so {
                    pending::<()>().await;
                }
                Err(Trouble::NoAnswer)
            }
            Some(Fault::PanicAfter) => {
                let _lost = self.exchange(20).await;
                panic("after the effect")
            }
            Some(Fault::BackendSilent) => {
                let _lost = self.exchange(20).await;
                pending().await
            }
            Some(_) => pending().await,
        }
    }

    /// There and back, each within so many milliseconds. On its way, the request does not depend on
    /// its sender any more.
    async fn exchange(self, longest: u64) -> Result<Receipt, Trouble> {
        let world = Arc::clone(&self.world);
        let (there, back) = world.chance(|chance| {
            let prompt = longest <= 20 && chance.happens(400);
            if prompt { (0, 0) } else { (chance.between(0, longest), chance.between(0, longest)) }
        });
        let outcome = if there == 0 {
            self.arrive()
        } else {
            let arrives = tokio::spawn(async move {
                sleep(Duration::from_millis(there)).await;
                self.arrive()
            });
            arrives.await.map_err(|_| Trouble::NoAnswer)?
        };
        if back > 0 {
            sleep(Duration::from_millis(back)).await;
        }
        match outcome {
            Outcome::Done(receipt) => Ok(receipt),
            Outcome::Refused => Err(Trouble::Refused),
        }
    }

    /// The backend decides.
    fn arrive(self) -> Outcome {
        let mut books = self.world.books.lock().unwrap_or_else(PoisonError::into_inner);
        if self.deduplicates
            && let Some(known) = books.outcomes.get(&self.key)
        {
            return known.clone();
        }
        let is_canceled = books.canceled.get(&self.key).is_some_and(|last| self.attempt <= *last);
        let outcome = if self.is_refused || is_canceled {
            Outcome::Refused
        } else {
            books.entries += 1;
            let entry = books.entries;
            self.world.judge(|judge, now| {
                judge.acted(entry, self.call, &self.key, &self.order, self.amount, now);
            });
            Outcome::Done(Receipt { entry, order: self.order, amount: self.amount })
        };
        // A refusal does not undo what was done under the key before.
        if !matches!(books.outcomes.get(&self.key), Some(Outcome::Done(_))) || !is_refusal(&outcome)
        {
            books.outcomes.insert(self.key, outcome.clone());
        }
        outcome
    }
}

fn is_refusal(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused)
}

/// Panics without the hook that would write about it.
fn panic(when: &'static str) -> ! {
    resume_unwind(Box::new(when))
}
