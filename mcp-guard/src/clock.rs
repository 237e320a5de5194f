//! What time it is.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Later than every time that comes.
    pub const MAX: Self = Self(i64::MAX);

    /// So many milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The time `duration` later. It saturates.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// The time from now until this one; zero when it has passed.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// As RFC 3339 writes it, in UTC.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let since_epoch = Duration::from_millis(u64::try_from(self.0).unwrap_or(0));
        match UNIX_EPOCH.checked_add(since_epoch) {
            Some(time) => humantime::format_rfc3339_millis(time).to_string(),
            None => self.0.to_string(),
        }
    }
}

/// A source of time for a store that has none of its own. Every process on one store must agree on
/// it to within a fraction of a lease.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell the time",
    label = "expected a type that implements `Clock`",
    note = "take `SystemClock`, in tests `ManualClock`, or implement `mcp_guard::Clock`"
)]
pub trait Clock: Send + Sync + 'static {
    /// The time now, or `None` when it cannot be told: then the store refuses.
    fn now(&self) -> Option<Timestamp>;
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Option<Timestamp> {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since_epoch.as_millis()).ok().map(Timestamp)
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that says `now`.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(millis(by), Ordering::SeqCst);
    }

    /// Sets it back, as an operator or a time server does.
    pub fn set_back(&self, by: Duration) {
        self.0.fetch_sub(millis(by), Ordering::SeqCst);
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Clock for ManualClock {
    fn now(&self) -> Option<Timestamp> {
        Some(Timestamp(self.0.load(Ordering::SeqCst)))
    }
}
