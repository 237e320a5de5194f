//! The effect of one call, as its body sees it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    failure::{Class, Report, ToolError},
    store::{Fenced, Lease, Store},
};

/// What a body that changes something knows of its call. A tool takes it as `effect: &Effect`.
pub struct Effect {
    key: String,
    epoch: u32,
    deadline: Instant,
    claim: Option<HeldClaim>,
    dispatched: AtomicBool,
}

/// The claim that a body acts under.
struct HeldClaim {
    store: Arc<dyn Store>,
    lease: Lease,
}

impl Effect {
    pub(crate) fn new(key: String, epoch: u32, deadline: Instant) -> Self {
        Self { key, epoch, deadline, claim: None, dispatched: AtomicBool::new(false) }
    }

    /// Lets the body mark the moment before which nothing can have been done.
    pub(crate) fn under(self, store: Arc<dyn Store>, lease: Lease) -> Self {
        Self { claim: Some(HeldClaim { store, lease }), ..self }
    }

    /// The idempotency key to give to the backend, as a UUID: the same on every attempt at this
    /// operation, different for every other. It is not the client's key, and it cannot be derived
    /// from it without the deployment's secret.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Which attempt at the operation this is, counted from 1.
    ///
    /// With `on_unknown = retry`, an attempt that is not the first may follow one that acted. Then
    /// leave refusals to a backend that knows [`key`](Self::key): "already refunded", found by a look
    /// of the body's own, may be the first attempt's doing.
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

    /// Marks, durably, the moment before which nothing can have been done, and makes sure that the
    /// operation is still this call's. Call it right before the effect.
    ///
    /// In a tool with `idempotent(dispatch)`, whatever ends the call before this moment (an error, a
    /// panic, the deadline, the death of the process) leaves nothing unknown: the key is free again.
    /// In every tool, an attempt that was paused for longer than its lease is stopped here, before
    /// it acts.
    ///
    /// # Errors
    /// When the operation is no longer this call's, or the store does not answer. Then do nothing,
    /// and return the error.
    pub async fn dispatch(&self) -> Result<(), NotDispatched> {
        if let Some(HeldClaim { store, lease }) = &self.claim {
            match store.dispatch(lease).await {
                Ok(Fenced::Applied) => {}
                Ok(Fenced::Superseded) => {
                    return Err(NotDispatched("the lease has run out".into()));
                }
                Err(error) => return Err(NotDispatched(error.to_string())),
            }
        }
        self.dispatched.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Whether [`dispatch`](Self::dispatch) has succeeded.
    pub(crate) fn is_dispatched(&self) -> bool {
        self.dispatched.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effect").field("attempt", &self.epoch).finish_non_exhaustive()
    }
}

/// Why a body must not act: [`Effect::dispatch`] could not mark the moment. As a
/// [`ToolError`], it is `transient`: nothing was done.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the effect was not begun: {0}")]
pub struct NotDispatched(String);

impl ToolError for NotDispatched {
    fn report(&self) -> Report {
        Report {
            class: Class::Transient,
            code: "not_dispatched".into(),
            public_message: None,
            retry_after: Some(Duration::from_secs(1)),
            field: None,
        }
    }
}
