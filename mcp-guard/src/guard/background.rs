//! What goes on after the answer has left, because the store did not answer.

use std::{future::Future, time::Duration};

use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use super::settle::Certainty;
use crate::store::{Fenced, OperationId, StoreError};

/// How long the store is asked again. Then the record stays as it is, and its lease runs out.
const TRIES: u32 = 24;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How many withdrawals may wait for the store: each is a task with a claim, for minutes, and one call of
/// many that are refused meanwhile leaves it.
pub(super) const MOST_WITHDRAWALS: usize = 1_024;

/// What is known here and is to be recorded: what the log says of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Late {
    pub(super) what: &'static str,
    pub(super) tool: &'static str,
    pub(super) operation: OperationId,
    pub(super) certainty: Certainty,
}

/// Does something with the store until it succeeds. Shutting down waits for it, where it is done as
/// [`Guard::drained`](super::Guard::drained) says.
pub(super) fn persist<F>(
    running: &TaskTracker,
    late: Late,
    attempt: impl Fn() -> F + Send + 'static,
) where
    F: Future<Output = Result<Fenced, StoreError>> + Send,
{
    let token = running.token();
    tokio::spawn(async move {
        until_answered(late, attempt).await;
        drop(token);
    });
}

async fn until_answered<F>(late: Late, attempt: impl Fn() -> F)
where
    F: Future<Output = Result<Fenced, StoreError>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 0..TRIES {
        sleep(pause).await;
        match attempt().await {
            Ok(Fenced::Applied) => return late.is_done(),
            Ok(Fenced::Superseded) => return late.is_superseded(),
            Err(error) => late.waits(&error),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    late.is_given_up();
}

/// A line of the log with the operation's name: a person looks for it by that.
macro_rules! say {
    ($level:ident, $late:ident, $($said:tt)+) => {
        tracing::$level!(
            what = $late.what,
            tool = $late.tool,
            operation = %$late.operation,
            outcome = $late.certainty.as_str(),
            $($said)+
        )
    };
}

impl Late {
    /// The store did not take it when it was first asked.
    pub(super) fn is_put_off(&self, error: &StoreError) {
        say!(error, self, %error, "an outcome is not recorded yet; going on in the background");
    }

    fn waits(&self, error: &StoreError) {
        say!(warn, self, %error, "not done yet");
    }

    fn is_done(&self) {
        say!(info, self, "done late");
    }

    /// The record says otherwise than what is known here.
    pub(super) fn is_superseded(&self) {
        say!(error, self, "an outcome was not recorded: its operation has been settled otherwise");
    }

    /// Too many wait for the store already.
    pub(super) fn is_left(&self) {
        say!(warn, self, "not tried: too many are. A lease that was granted runs out to unknown");
    }

    fn is_given_up(&self) {
        say!(error, self, "given up: the outcome is known here and is not recorded");
    }
}
