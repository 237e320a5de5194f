//! The effect of one call, as its body sees it.

use std::{fmt, time::Duration};

use tokio::time::Instant;

/// What a body that changes something knows of its call. A tool takes it as `effect: &Effect`.
pub struct Effect {
    key: String,
    epoch: u32,
    deadline: Instant,
}

impl Effect {
    pub(crate) fn new(key: String, epoch: u32, deadline: Instant) -> Self {
        Self { key, epoch, deadline }
    }

    /// The idempotency key to give to the backend, as a UUID: the same on every attempt at this
    /// operation, different for every other. It is not the client's key, and it cannot be derived
    /// from it without the deployment's secret.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Which attempt at the operation this is, counted from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.epoch
    }

    /// How long the body may still take before it is stopped and its outcome is unknown. Give a
    /// backend less than this.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effect").field("attempt", &self.epoch).finish_non_exhaustive()
    }
}
