//! Virtual time, and the store's clock, which need not keep pace with it.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use mcp_guard::{Clock, Timestamp};
use tokio::time::Instant;

/// What the store's clock says when an episode begins.
const START: i64 = 1_700_000_000_000;

/// A moment of an episode, in milliseconds, with how far the store's clock had jumped by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) at: i64,
    forward: i64,
    backward: i64,
}

impl Moment {
    /// The most by which a clock of the store's can have moved since.
    pub(super) fn at_most_since(self, earlier: Self) -> i64 {
        (self.at + self.forward) - (earlier.at + earlier.forward)
    }

    /// The least by which a clock of the store's can have moved since.
    pub(super) fn at_least_since(self, earlier: Self) -> i64 {
        (self.at - self.backward) - (earlier.at - earlier.backward)
    }
}

/// The episode's time.
pub(super) struct Time {
    began: Instant,
    /// How far the store's clock has jumped, forward and backward.
    jumps: Mutex<(i64, i64)>,
    shown: Arc<StoreClock>,
}

/// What the store reads. It stands still while the store does what it was asked.
#[derive(Debug)]
pub(super) struct StoreClock(AtomicI64);

impl Clock for StoreClock {
    fn now(&self) -> Option<Timestamp> {
        Some(Timestamp::from_millis(self.0.load(Ordering::SeqCst)))
    }
}

impl Time {
    /// An episode begins now.
    pub(super) fn new() -> Self {
        let shown = Arc::new(StoreClock(AtomicI64::new(START)));
        Self { began: Instant::now(), jumps: Mutex::default(), shown }
    }

    pub(super) fn now(&self) -> Moment {
        let at = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let (forward, backward) = *self.jumps.lock().unwrap_or_else(PoisonError::into_inner);
        Moment { at, forward, backward }
    }

    /// Moves the store's clock, forward or backward.
    pub(super) fn jump(&self, by: i64) {
        let mut jumps = self.jumps.lock().unwrap_or_else(PoisonError::into_inner);
        jumps.0 += by.max(0);
        jumps.1 += (-by).max(0);
    }

    pub(super) fn clock(&self) -> Arc<StoreClock> {
        Arc::clone(&self.shown)
    }

    /// Lets the store read the clock as it goes at a replica, which may be slightly off.
    pub(super) fn show(&self, skew: i64) {
        let Moment { at, forward, backward } = self.now();
        self.shown.0.store(START + at + forward - backward + skew, Ordering::SeqCst);
    }
}
