//! The body: with a deadline, a heartbeat, and its panics caught.

use std::{
    convert::Infallible,
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Core,
    authorize::Grant,
    panic::message_of,
    reserve::{Held, Reserved},
};
use crate::{
    effect::Effect,
    store::{Fenced, Lease, Store, record},
    tool::{BodyEnd, Provided},
};

/// A body that has ended, one way or another.
pub(super) struct Ended {
    pub(super) grant: Grant,
    pub(super) held: Option<Held>,
    pub(super) end: End,
}

/// How a body ended.
pub(super) enum End {
    /// By itself.
    Returned(BodyEnd),
    /// By a panic, with this message.
    Panicked(String),
    /// It was stopped after so long.
    OutOfTime(Duration),
}

/// Runs the body. It is raced against its deadline alone, never against the client.
pub(super) async fn run(reserved: Reserved, core: &Core) -> Ended {
    let Reserved { grant, arguments, held } = reserved;
    let allowed = grant.tool().spec().timeout.unwrap_or(core.settings.timeout);
    let deadline = Instant::now() + allowed;
    let effect = held
        .as_ref()
        .map(|held| Effect::new(held.downstream_key.clone(), held.lease.epoch, deadline));
    let provided = Provided::new(&core.providers, grant.caller(), effect.as_ref());
    let mut body = arguments.run(provided);
    let end = tokio::select! {
        ended = timeout_at(deadline, AssertUnwindSafe(&mut body).catch_unwind()) => match ended {
            Ok(Ok(end)) => End::Returned(end),
            Ok(Err(panic)) => End::Panicked(format!("the tool panicked: {}", message_of(panic))),
            Err(_) => End::OutOfTime(allowed),
        },
        never = keep_alive(held.as_ref()) => match never {},
    };
    // What a stopped body held is dropped here, by its own code. That changes nothing of its end.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(body))) {
        tracing::error!(message = message_of(panic), "a body panicked while it was dropped");
    }
    Ended { grant, held, end }
}

/// Renews the lease for as long as it is polled.
async fn keep_alive(held: Option<&Held>) -> Infallible {
    match held {
        Some(held) => beat(&*held.store, &held.lease).await,
        None => pending().await,
    }
}

async fn beat(store: &dyn Store, lease: &Lease) -> Infallible {
    loop {
        sleep(record::heartbeat(lease)).await;
        match store.renew(lease).await {
            Ok(Fenced::Applied) => {}
            Ok(Fenced::Superseded) => {
                tracing::error!("the lease of a running call was lost; its outcome may be unknown");
                return pending().await;
            }
            Err(error) => tracing::warn!(%error, "the lease of a running call was not renewed"),
        }
    }
}
