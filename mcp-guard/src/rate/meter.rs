//! One quota for each of any number of keys.

use std::{fmt, hash::Hash, num::NonZeroU32, time::Duration};

use governor::{RateLimiter, clock::Clock as _, middleware::NoOpMiddleware};

use super::{
    Quota,
    cells::Cells,
    clock::{Moment, RuntimeClock},
};

/// One quota for each of any number of keys, in bounded memory.
pub(crate) struct Meter<K>(RateLimiter<K, Cells<K>, RuntimeClock, NoOpMiddleware<Moment>>)
where
    K: Hash + Eq + Clone;

impl<K: Hash + Eq + Clone> Meter<K> {
    /// A meter on which nothing has been counted. A quota that is a mistake, which `build()` refuses,
    /// lets one through in an hour.
    pub(crate) fn new(quota: Quota) -> Self {
        let quota = quota.governed().unwrap_or(governor::Quota::per_hour(NonZeroU32::MIN));
        let cells = Cells::new(quota.replenish_interval().into());
        Self(RateLimiter::new(quota, cells, RuntimeClock))
    }

    /// Counts one.
    ///
    /// # Errors
    /// When the quota is used up: how long until one more gets through, in whole milliseconds,
    /// rounded up. Nothing is counted then.
    pub(crate) fn take(&self, key: &K) -> Result<(), Duration> {
        self.0.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.0.clock().now());
            let millis = wait.as_nanos().div_ceil(1_000_000);
            Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)).max(MILLISECOND)
        })
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);

impl<K: Hash + Eq + Clone> fmt::Debug for Meter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, pause};

    use super::*;

    #[tokio::test]
    async fn it_lets_one_through_at_the_moment_that_it_names_and_not_before() {
        pause();
        let meter = Meter::new(Quota::new(3, Duration::from_secs(1)).burst(2));
        for _ in 0..2 {
            assert_eq!(meter.take(&"one"), Ok(()));
        }
        let wait = meter.take(&"one");
        assert_eq!(wait, Err(Duration::from_millis(334)), "a third of a second, rounded up");
        assert_eq!(meter.take(&"other"), Ok(()), "others are not concerned");
        advance(Duration::from_millis(100)).await;
        let wait = meter.take(&"one");
        assert_eq!(wait, Err(Duration::from_millis(234)), "asking again costs nothing");
        advance(Duration::from_millis(233)).await;
        assert_eq!(meter.take(&"one"), Err(Duration::from_millis(1)));
        advance(Duration::from_millis(1)).await;
        assert_eq!(meter.take(&"one"), Ok(()));
    }

    /// `cargo test --release -p mcp-guard rate::meter -- --ignored --nocapture`
    #[test]
    #[ignore = "a measurement"]
    fn the_cost_of_a_check() {
        const CHECKS: u32 = 10_000_000;
        let meter = Meter::new(Quota::per_second(1_000_000_000));
        let keys: Vec<[u8; 32]> = (0..50_000_u32)
            .map(|key| std::array::from_fn(|place| key.to_be_bytes()[place % 4]))
            .collect();
        let started = std::time::Instant::now();
        keys.iter().cycle().take(CHECKS as usize).for_each(|key| {
            assert_eq!(meter.take(key), Ok(()));
        });
        println!("{:?} a check, over {} keys", started.elapsed() / CHECKS, keys.len());
    }
}
