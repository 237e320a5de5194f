//! Misbehaviour on request, so that a test can see what the far side of a failure looks like.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::line::Cut;

/// What to do to the next requests to refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// How to misbehave.
    pub(crate) mode: Mode,
    /// How many calls it is for.
    #[serde(default = "one")]
    pub(crate) calls: u32,
    /// How long [`Mode::Slow`] waits.
    #[serde(default)]
    pub(crate) millis: u64,
}

/// How to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// Wait, then act and answer.
    Slow,
    /// Answer 503 and do nothing.
    FailBefore,
    /// Cut the connection and do nothing.
    DropBefore,
    /// Act, then answer 500.
    FailAfter,
    /// Act, then cut the connection.
    DropAfter,
    /// Act, then never answer.
    HangAfter,
}

fn one() -> u32 {
    1
}

impl Fault {
    /// `mode` for the next call.
    pub(crate) fn next(mode: Mode) -> Self {
        Self { mode, calls: 1, millis: 0 }
    }
}

/// The fault that is armed, if any.
pub(super) struct Faults {
    armed: Mutex<Option<Fault>>,
    /// Calls that the armed fault has still to be done to, counted after they acted.
    outstanding: watch::Sender<u32>,
}

impl Faults {
    pub(super) fn new() -> Self {
        Self { armed: Mutex::new(None), outstanding: watch::Sender::new(0) }
    }

    /// Replaces what was armed.
    pub(super) fn arm(&self, fault: Fault) {
        let mut armed = self.armed();
        self.outstanding.send_replace(fault.calls);
        *armed = (fault.calls > 0).then_some(fault);
    }

    /// Waits until the armed fault has been done to every call that it was for, and all of them
    /// that act have acted.
    pub(super) async fn played(&self) {
        // Fails only when the sender is gone, and `self` holds it.
        let _ = self.outstanding.subscribe().wait_for(|left| *left == 0).await;
    }

    fn take(&self) -> Option<Fault> {
        let mut armed = self.armed();
        let fault = (*armed)?;
        let calls = fault.calls - 1;
        *armed = (calls > 0).then_some(Fault { calls, ..fault });
        Some(fault)
    }

    fn done_once(&self) {
        self.outstanding.send_modify(|left| *left = left.saturating_sub(1));
    }

    fn armed(&self) -> MutexGuard<'_, Option<Fault>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands around the service's routes and does the armed fault to the call.
pub(super) async fn misbehave(
    State(faults): State<Arc<Faults>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
    next: Next,
) -> Response {
    let Some(fault) = faults.take() else {
        return next.run(request).await;
    };
    // In a task of its own: a service does not stop acting because its caller went away.
    let acting = tokio::spawn(async move {
        let answer = act(fault, request, next).await;
        faults.done_once();
        answer
    });
    let Ok(answer) = acting.await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match fault.mode {
        Mode::Slow | Mode::FailBefore => answer,
        Mode::FailAfter => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mode::DropBefore | Mode::DropAfter => {
            cut.cut();
            answer
        }
        Mode::HangAfter => std::future::pending().await,
    }
}

async fn act(fault: Fault, request: Request, next: Next) -> Response {
    match fault.mode {
        Mode::FailBefore | Mode::DropBefore => {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Mode::Slow => tokio::time::sleep(Duration::from_millis(fault.millis)).await,
        Mode::FailAfter | Mode::DropAfter | Mode::HangAfter => {}
    }
    next.run(request).await
}
