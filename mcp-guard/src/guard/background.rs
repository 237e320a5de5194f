//! What goes on after the answer has left, because the store did not answer.

use std::{future::Future, time::Duration};

use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use crate::store::StoreError;

/// How long the store is asked again. Then the record stays as it is, and its lease runs out.
const TRIES: u32 = 24;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Does something with the store until it succeeds. Shutting down waits for it, where it is done as
/// [`Guard::drained`](super::Guard::drained) says.
pub(super) fn persist<F>(
    running: &TaskTracker,
    what: &'static str,
    attempt: impl Fn() -> F + Send + 'static,
) where
    F: Future<Output = Result<(), StoreError>> + Send,
{
    let token = running.token();
    tokio::spawn(async move {
        let mut pause = FIRST_PAUSE;
        for _ in 0..TRIES {
            sleep(pause).await;
            match attempt().await {
                Ok(()) => {
                    tracing::info!(what, "done late");
                    break;
                }
                Err(error) => tracing::warn!(what, %error, "not done yet"),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        drop(token);
    });
}
