//! A piece of work that several callers wait for, and that goes on when they leave: a client that
//! hangs up must not make another request necessary.

use std::{future::Future, pin::Pin};

use futures_util::{FutureExt as _, future::Shared};

/// Work under way. `None` is what comes of it when it panicked.
pub(super) type Flight<T> = Shared<Pin<Box<dyn Future<Output = Option<T>> + Send>>>;

/// Starts it.
pub(super) fn take_off<T: Clone + Send + Sync + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Flight<T> {
    let task = tokio::spawn(work);
    let landed: Pin<Box<dyn Future<Output = Option<T>> + Send>> =
        Box::pin(async { task.await.ok() });
    landed.shared()
}
