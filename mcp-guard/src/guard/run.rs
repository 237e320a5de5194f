//! The body: with a deadline, a heartbeat, and its panics caught.

use std::{
    convert::Infallible,
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Core,
    admit::Admitted,
    mint::{self, Equipped},
    panic::message_of,
    reserve::{Held, Reserved},
};
use crate::{
    credential::Credential,
    effect::Effect,
    failure::Failure,
    store::{Fenced, Lease, Store, record},
    tool::{BodyEnd, Provided, Running},
};

/// A body that has ended, one way or another.
pub(super) struct Ended {
    pub(super) grant: Admitted,
    pub(super) held: Option<Held>,
    pub(super) end: End<BodyEnd>,
    /// Whether the body has marked the moment of its effect.
    pub(super) dispatched: bool,
}

/// How a body ended.
pub(super) enum End<T> {
    /// It was not begun, and nothing was done.
    NotBegun(Box<Failure>),
    /// By itself.
    Returned(T),
    /// By a panic, with this message.
    Panicked(String),
    /// It was stopped after so long.
    OutOfTime(Duration),
}

/// Runs the body. It is raced against its deadline alone, never against the client.
pub(super) async fn run(reserved: Reserved, core: &Core) -> Ended {
    let lease = reserved.held.as_ref().filter(|held| held.transaction.is_none());
    let lease = lease.map(|held| (Arc::clone(&held.store), held.lease.clone()));
    tokio::select! {
        // The body first: its lease needs no renewal once it has ended, and a run can be repeated.
        biased;
        ended = act(reserved, core) => ended,
        never = keep_alive(lease.as_ref()) => match never {},
    }
}

/// Mints the credential that the body borrows, and begins the body when there is one. The body's time
/// begins with it.
async fn act(reserved: Reserved, core: &Core) -> Ended {
    match mint::mint(reserved, core).await {
        Ok(equipped) => body(equipped, core).await,
        Err((Reserved { grant, held, .. }, failure)) => {
            Ended { grant, held, end: End::NotBegun(failure), dispatched: false }
        }
    }
}

async fn body(equipped: Equipped, core: &Core) -> Ended {
    let Equipped { reserved: Reserved { grant, arguments, mut held }, credential } = equipped;
    let credential = credential.as_deref();
    let allowed = grant.tool().spec().timeout.unwrap_or(core.settings.timeout);
    let effect = held.as_ref().map(|held| effect_of(held, Instant::now() + allowed));
    let transaction = held.as_mut().and_then(|held| held.transaction.as_mut());
    let provided = Provided::new(&core.providers, Some(grant.caller()), effect.as_ref())
        .with_credential(credential)
        .with_transaction(transaction.map(|open| open.handle()));
    let end = to_its_end(arguments.run(provided), allowed, credential).await;
    let end = end.withheld(credential, Credential::withhold);
    let dispatched = effect.as_ref().is_some_and(Effect::is_dispatched);
    Ended { grant, held, end, dispatched }
}

/// What the body knows of its effect. In a transaction there is no lease: what is not committed is
/// not there.
fn effect_of(held: &Held, deadline: Instant) -> Effect {
    let effect = Effect::new(held.downstream_key.clone(), held.lease.attempt.epoch, deadline);
    match held.transaction {
        Some(_) => effect,
        None => effect.under(Arc::clone(&held.store), held.lease.clone()),
    }
}

impl<T> End<T> {
    /// The end, without the credential that the code was lent.
    pub(super) fn withheld(
        self,
        credential: Option<&Credential>,
        withhold: impl FnOnce(&Credential, T) -> T,
    ) -> Self {
        let Some(credential) = credential else { return self };
        match self {
            Self::Returned(end) => Self::Returned(withhold(credential, end)),
            Self::Panicked(message) => Self::Panicked(credential.without(&message)),
            end => end,
        }
    }
}

/// Runs code of the user's until it ends, panics, or has had its time.
pub(super) async fn to_its_end<T>(
    mut body: Running<'_, T>,
    allowed: Duration,
    lent: Option<&Credential>,
) -> End<T> {
    let ended =
        timeout_at(Instant::now() + allowed, AssertUnwindSafe(&mut body).catch_unwind()).await;
    let end = match ended {
        Ok(Ok(end)) => End::Returned(end),
        Ok(Err(panic)) => End::Panicked(format!("it panicked: {}", message_of(panic))),
        Err(_) => End::OutOfTime(allowed),
    };
    // What a stopped body held is dropped here, by its own code. That changes nothing of its end.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(body))) {
        let message = message_of(panic);
        let message = match lent {
            Some(credential) => credential.without(&message),
            None => message,
        };
        tracing::error!(message, "a body panicked while it was dropped");
    }
    end
}

/// Renews the lease for as long as it is polled.
async fn keep_alive(held: Option<&(Arc<dyn Store>, Lease)>) -> Infallible {
    match held {
        Some((store, lease)) => beat(&**store, lease).await,
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
