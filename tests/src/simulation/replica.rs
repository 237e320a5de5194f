//! A replica: a process that may be up, stand still, be cut off, or be gone.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use mcp_guard::Guard;

use super::{backend::Backend, link::Link, plan::Fault, tools::TOOLS, world::World};

/// How long a guard waits for its store.
const STORE_TIMEOUT: Duration = Duration::from_secs(1);

/// A process, and what follows it in its place.
pub(super) struct Replica {
    /// How far its clock is off.
    pub(super) skew: i64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    guard: Option<Guard>,
    /// How many processes there have been in this place.
    incarnation: u32,
    stands_still: bool,
    is_cut_off: bool,
    /// Who wants to know when it goes on, or dies.
    wakers: Vec<Waker>,
}

/// Whether a process can take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Present,
    StandsStill,
    Gone,
}

impl Replica {
    pub(super) fn new(skew: i64) -> Self {
        Self { skew, state: Mutex::default() }
    }

    /// The guard, where the process is up, and which process it is.
    pub(super) fn guard(&self) -> Option<(Guard, u32)> {
        let state = self.state();
        state.guard.clone().map(|guard| (guard, state.incarnation))
    }

    pub(super) fn is_cut_off(&self) -> bool {
        self.state().is_cut_off
    }

    /// How a process is. `cx` is woken when that changes.
    pub(super) fn presence(&self, incarnation: u32, cx: &Context<'_>) -> Presence {
        let mut state = self.state();
        if state.incarnation != incarnation {
            return Presence::Gone;
        }
        if !state.wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            state.wakers.push(cx.waker().clone());
        }
        if state.stands_still { Presence::StandsStill } else { Presence::Present }
    }

    /// Ready when the process can take a step. Never, when it is gone.
    pub(super) fn poll_present(&self, incarnation: u32, cx: &Context<'_>) -> Poll<()> {
        match self.presence(incarnation, cx) {
            Presence::Present => Poll::Ready(()),
            Presence::StandsStill | Presence::Gone => Poll::Pending,
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let wakers = {
            let mut state = self.state();
            change(&mut state);
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// Starts a process in a place where none is up.
    ///
    /// # Panics
    /// When the guard cannot be built: there is nothing to simulate then.
    pub(super) fn start(self: &Arc<Self>, place: usize) {
        let replica = &self.replicas[place];
        if replica.guard().is_some() {
            return;
        }
        let incarnation = replica.state().incarnation;
        let store = self.store().expect("the store can be opened");
        let mut builder = Guard::builder()
            .provide(Backend::of(self))
            .store(Link::new(self, place, incarnation, store))
            .lease(self.plan.lease)
            .retain(self.plan.retain)
            .tombstone(self.plan.tombstone)
            .timeout(self.plan.timeout)
            .store_timeout(STORE_TIMEOUT);
        let mut tools = self.plan.tools.clone();
        tools.sort_unstable();
        tools.dedup();
        for tool in tools {
            builder = (TOOLS[tool].1)(builder);
        }
        let guard = builder.build().expect("the guard fits together");
        replica.state().guard = Some(guard);
        self.judge(|judge, now| judge.note(now, format_args!("replica {place} is up")));
    }

    /// Ends a process at once, with all that it has under way.
    pub(super) fn crash(&self, place: usize) {
        let doomed = self.judge(|judge, _| judge.under_way(Some(place)));
        self.fault(Fault::Crash, doomed);
        self.judge(|judge, now| judge.note(now, format_args!("replica {place} is gone")));
        self.stop(place);
    }

    /// Ends a process without a word.
    pub(super) fn stop(&self, place: usize) {
        self.replicas[place].change(|state| {
            let incarnation = state.incarnation + 1;
            *state = State {
                incarnation,
                wakers: std::mem::take(&mut state.wakers),
                ..State::default()
            };
        });
    }

    /// Lets a process stand still, or go on.
    pub(super) fn hold(&self, place: usize, stands_still: bool) {
        if stands_still {
            let held = self.judge(|judge, _| judge.under_way(Some(place)));
            self.fault(Fault::Pause, held);
        }
        self.judge(|judge, now| {
            judge.note(now, format_args!("replica {place} stands still: {stands_still}"));
        });
        self.replicas[place].change(|state| state.stands_still = stands_still);
    }

    /// Cuts a process off from the store, or lets it through again.
    pub(super) fn cut(&self, place: usize, is_cut_off: bool) {
        if is_cut_off {
            self.fault(Fault::Partition, []);
        }
        self.judge(|judge, now| {
            judge.note(now, format_args!("replica {place} is cut off: {is_cut_off}"));
        });
        self.replicas[place].change(|state| state.is_cut_off = is_cut_off);
    }
}
