//! So many in so much time.

use std::{num::NonZeroU32, time::Duration};

/// So many calls or requests in so much time.
///
/// It fills steadily, one place after the other (GCRA), and holds at most its *burst*: in any stretch
/// of time of that length no more than the burst and the number itself get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Quota {
    pub(crate) count: u32,
    pub(crate) per: Duration,
    pub(crate) burst: u32,
}

impl Quota {
    /// `count` in any `per`. All of them may come at once, unless [`burst`](Self::burst) says
    /// otherwise.
    pub const fn new(count: u32, per: Duration) -> Self {
        Self { count, per, burst: count }
    }

    /// `count` a second.
    pub const fn per_second(count: u32) -> Self {
        Self::new(count, Duration::from_secs(1))
    }

    /// `count` a minute.
    pub const fn per_minute(count: u32) -> Self {
        Self::new(count, Duration::from_secs(60))
    }

    /// `count` an hour.
    pub const fn per_hour(count: u32) -> Self {
        Self::new(count, Duration::from_secs(60 * 60))
    }

    /// How many may come at once after a pause.
    pub const fn burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    /// What is wrong with it, to follow the name of what it is for.
    pub(crate) fn mistake(self) -> Option<&'static str> {
        match self.governed() {
            Some(_) => None,
            None if self.count == 0 || self.burst == 0 => {
                Some("lets nothing through: its count and burst must be 1 or more")
            }
            None if self.per.is_zero() => Some("has no time: write how long it is for"),
            None if self.interval().is_zero() => {
                Some("is more than one in a nanosecond: leave it out, or write a lower count")
            }
            None => Some("takes longer than 100 years to fill: write a higher count or less time"),
        }
    }

    /// The quota, as `governor` calculates with it.
    pub(super) fn governed(self) -> Option<governor::Quota> {
        const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);
        let burst = NonZeroU32::new(self.burst)?;
        let fills = self.interval().checked_mul(self.burst)?;
        let quota = governor::Quota::with_period(self.interval())?;
        (fills <= LONGEST).then_some(quota.allow_burst(burst))
    }

    /// How long one place takes to be free again.
    fn interval(self) -> Duration {
        self.per.checked_div(self.count).unwrap_or(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_quota_says_why() {
        let century = Duration::from_secs(36_501 * 86_400);
        for (quota, why) in [
            (Quota::per_second(0), "nothing through"),
            (Quota::per_second(1).burst(0), "nothing through"),
            (Quota::new(1, Duration::ZERO), "no time"),
            (Quota::per_second(u32::MAX), "nanosecond"),
            (Quota::new(1, century), "100 years"),
            (Quota::per_hour(1).burst(u32::MAX), "100 years"),
            (Quota::new(1, Duration::MAX).burst(u32::MAX), "100 years"),
        ] {
            let mistake = quota.mistake().expect("a mistake");
            assert!(mistake.contains(why), "{quota:?}: {mistake}");
        }
        assert_eq!(Quota::per_hour(1).burst(1000).mistake(), None);
    }
}
