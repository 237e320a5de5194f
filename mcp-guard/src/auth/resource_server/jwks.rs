//! An issuer's keys, kept for a while.
//!
//! Fresh keys are used as they are. Older ones are asked for again, by one request that everybody
//! waits for; while the issuer does not answer, they serve up to a hard limit, and then nobody is let
//! in. A token whose key is not known has them asked for once per cool-down, however many such
//! tokens come: nothing is remembered of them.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout};

use super::{
    discovery::Discovery,
    flight::{Flight, take_off},
    key_set::KeySet,
    refused::Denied,
};
use crate::fetch::{Fetch, FetchError};

/// How long keys are fresh, unless their answer says.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// What `Cache-Control` may make of it. A key that the issuer takes away is used no longer than this.
const FRESH_RANGE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(15 * 60));

/// The pause between two requests for the keys.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// The pause after one that failed.
const COOL_DOWN_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// How long callers wait for keys, with the metadata that leads to them.
const PATIENCE: Duration = Duration::from_secs(8);

/// Where the keys are.
pub(super) enum KeySource {
    /// At this URL.
    Pinned(String),
    /// Where the issuer's metadata says.
    Discovered(Discovery),
}

/// The keys of one issuer.
pub(super) struct Jwks {
    issuer: String,
    source: KeySource,
    fetch: Fetch,
    max_stale: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Option<Kept>,
    /// When the keys were last asked for, and what came of it.
    tried: Option<Tried>,
    flight: Option<Flight<()>>,
}

#[derive(Clone)]
struct Kept {
    keys: Arc<KeySet>,
    since: Instant,
    fresh_for: Duration,
}

#[derive(Clone, Copy)]
struct Tried {
    at: Instant,
    failed: bool,
}

impl Tried {
    fn is_recent(self) -> bool {
        let pause = if self.failed { COOL_DOWN_AFTER_FAILURE } else { COOL_DOWN };
        self.at.elapsed() < pause
    }
}

impl Jwks {
    pub(super) fn new(
        issuer: String,
        source: KeySource,
        fetch: Fetch,
        max_stale: Duration,
    ) -> Arc<Self> {
        Arc::new(Self { issuer, source, fetch, max_stale, state: Mutex::default() })
    }

    /// The keys as they are now, as far as can be told.
    pub(super) async fn current(self: &Arc<Self>) -> Result<Arc<KeySet>, Denied> {
        if let Some(fresh) = self.kept_for(|kept| kept.fresh_for) {
            return Ok(fresh);
        }
        self.ask().await;
        self.kept_for(|_| self.max_stale).ok_or(Denied::Unavailable)
    }

    /// The keys after a look at the issuer's, for a token whose key was not among them. When that
    /// look fails it cannot be told whether the token is valid.
    pub(super) async fn renewed(self: &Arc<Self>) -> Result<Arc<KeySet>, Denied> {
        self.ask().await;
        let is_blind = self.state().tried.is_some_and(|tried| tried.failed);
        let keys = self.kept_for(|_| self.max_stale).filter(|_| !is_blind);
        keys.ok_or(Denied::Unavailable)
    }

    fn kept_for(&self, limit: impl Fn(&Kept) -> Duration) -> Option<Arc<KeySet>> {
        let state = self.state();
        let kept = state.kept.as_ref().filter(|kept| kept.since.elapsed() < limit(kept));
        kept.map(|kept| Arc::clone(&kept.keys))
    }

    /// Waits for the request that is under way, or for a new one unless the last was just now.
    async fn ask(self: &Arc<Self>) {
        let flight = self.flight();
        if let Some(flight) = flight {
            flight.await;
        }
    }

    fn flight(self: &Arc<Self>) -> Option<Flight<()>> {
        let mut state = self.state();
        let flying = state.flight.as_ref().filter(|flight| flight.peek().is_none());
        if let Some(flight) = flying {
            return Some(flight.clone());
        }
        if state.tried.is_some_and(Tried::is_recent) {
            return None;
        }
        // Should the request never end, it has failed.
        state.tried = Some(Tried { at: Instant::now(), failed: true });
        let flight = take_off(Arc::clone(self).refresh());
        state.flight = Some(flight.clone());
        Some(flight)
    }

    async fn refresh(self: Arc<Self>) {
        let answer = timeout(PATIENCE, self.request()).await.unwrap_or(Err(FetchError::TimedOut));
        let now = Instant::now();
        let mut state = self.state();
        state.flight = None;
        state.tried = Some(Tried { at: now, failed: answer.is_err() });
        match answer {
            Ok((keys, fresh_for)) => {
                state.kept = Some(Kept { keys: Arc::new(keys), since: now, fresh_for });
            }
            Err(error) => {
                tracing::warn!(issuer = self.issuer, %error, "the issuer's keys are not to be had");
            }
        }
    }

    async fn request(&self) -> Result<(KeySet, Duration), FetchError> {
        match &self.source {
            KeySource::Pinned(url) => self.keys_at(url).await,
            KeySource::Discovered(discovery) => {
                let url = discovery.jwks_uri(&self.fetch).await?;
                self.keys_at(&url).await.inspect_err(|_| discovery.forget())
            }
        }
    }

    async fn keys_at(&self, url: &str) -> Result<(KeySet, Duration), FetchError> {
        let answer = self.fetch.get(url).await?;
        let keys = KeySet::read(&answer.object()?).ok_or(FetchError::Unreadable)?;
        let (shortest, longest) = FRESH_RANGE;
        Ok((keys, answer.max_age().unwrap_or(FRESH).clamp(shortest, longest)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
