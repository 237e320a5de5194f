//! Where `governor` keeps what it counts, in bounded memory under any number of keys.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use governor::{nanos::Nanos, state::StateStore};

/// Keys are spread over so many maps, so that two seldom wait for each other, and looking through one
/// is short.
const SHARDS: usize = 16;
/// What a map of 4,096 buckets holds before it would double.
const KEYS_PER_SHARD: usize = 3_584;
const SHARED_PER_SHARD: usize = 64;
/// How often a full map is looked through for keys that need not be kept.
const SWEEP_EVERY: u64 = 1_000_000_000;

/// A cell for each key: the time up to which its quota is used up.
///
/// A key whose cell lies in the past is like one that has never been seen, so it is dropped when room
/// is needed. While all are in use, further keys share a fixed number of cells, which keys of one hash
/// have together. Nobody's cell is dropped for another key: whoever can make up keys could otherwise
/// have their own forgotten.
#[derive(Debug)]
pub(super) struct Cells<K> {
    hasher: RandomState,
    shards: [Mutex<Shard<K>>; SHARDS],
    /// How long one place of the quota takes to be free again.
    interval: u64,
}

#[derive(Debug)]
struct Shard<K> {
    own: HashMap<K, u64>,
    shared: [Option<u64>; SHARED_PER_SHARD],
    /// Not before this time is it looked through again.
    next_sweep: u64,
}

impl<K> Default for Shard<K> {
    fn default() -> Self {
        Self { own: HashMap::new(), shared: [None; SHARED_PER_SHARD], next_sweep: 0 }
    }
}

impl<K: Hash + Eq + Clone> Cells<K> {
    /// Cells for a quota of which one place takes so long to be free again.
    pub(super) fn new(interval: Nanos) -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
            interval: interval.as_u64(),
        }
    }

    #[cfg(test)]
    pub(super) fn own(&self) -> (usize, usize) {
        let size = |shard: &Mutex<Shard<K>>| {
            let shard = lock(shard);
            (shard.own.len(), shard.own.capacity())
        };
        self.shards.iter().map(size).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }
}

impl<K: Hash + Eq + Clone> StateStore for Cells<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let hash = usize::try_from(self.hasher.hash_one(key) & 0xffff).unwrap_or_default();
        let mut shard = lock(&self.shards[hash % SHARDS]);
        if let Some(cell) = shard.own.get_mut(key) {
            let (allowed, next) = f(Some(Nanos::new(*cell)))?;
            *cell = next.as_u64();
            return Ok(allowed);
        }
        let (allowed, next) = f(None)?;
        if shard.has_room(next.as_u64().saturating_sub(self.interval)) {
            shard.own.insert(key.clone(), next.as_u64());
            return Ok(allowed);
        }
        let cell = &mut shard.shared[hash / SHARDS % SHARED_PER_SHARD];
        let (allowed, next) = f(cell.map(Nanos::new))?;
        *cell = Some(next.as_u64());
        Ok(allowed)
    }
}

impl<K: Hash + Eq> Shard<K> {
    /// Whether one more key fits, perhaps in the place of one that need not be kept.
    fn has_room(&mut self, now: u64) -> bool {
        if self.own.len() < KEYS_PER_SHARD {
            return true;
        }
        if now < self.next_sweep {
            return false;
        }
        self.next_sweep = now.saturating_add(SWEEP_EVERY);
        self.own.retain(|_, used_until| *used_until > now);
        self.own.len() < KEYS_PER_SHARD
    }
}

/// Nothing that is done under the lock leaves a shard half changed.
fn lock<K>(shard: &Mutex<Shard<K>>) -> MutexGuard<'_, Shard<K>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use governor::{RateLimiter, clock::FakeRelativeClock, middleware::NoOpMiddleware};

    use super::*;

    type Limiter = RateLimiter<u64, Cells<u64>, FakeRelativeClock, NoOpMiddleware<Nanos>>;

    /// Two a minute.
    fn limiter() -> (Limiter, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let quota = governor::Quota::per_minute(2.try_into().expect("not zero"));
        let cells = Cells::new(quota.replenish_interval().into());
        (RateLimiter::new(quota, cells, clock.clone()), clock)
    }

    #[test]
    fn a_million_keys_take_no_more_memory_than_their_cap() {
        let (limiter, _clock) = limiter();
        let started = Instant::now();
        let refused = (0..1_000_000).filter(|key| limiter.check_key(key).is_err()).count();
        let took = started.elapsed();
        let (keys, capacity) = limiter.into_state_store().own();
        println!("{keys} keys in {capacity} places after {took:?}; {refused} shared and refused");
        assert_eq!(keys, SHARDS * KEYS_PER_SHARD);
        assert_eq!(capacity, keys, "no map has grown beyond its keys");
        let shared = SHARDS * SHARED_PER_SHARD;
        assert_eq!(refused, 1_000_000 - keys - 2 * shared, "the rest share {shared} quotas");
    }

    /// Or a caller who makes up names would have their own quota forgotten.
    #[test]
    fn nobody_is_forgotten_for_others_while_it_matters() {
        let (limiter, clock) = limiter();
        for _ in 0..2 {
            limiter.check_key(&7).expect("within the quota");
        }
        (1_000..1_000_000).for_each(|key| drop(limiter.check_key(&key)));
        assert!(limiter.check_key(&7).is_err(), "it is still used up");
        clock.advance(Duration::from_secs(29));
        assert!(limiter.check_key(&7).is_err(), "and stays so until its time");
        clock.advance(Duration::from_secs(1));
        assert!(limiter.check_key(&7).is_ok());
    }

    #[test]
    fn keys_that_have_had_their_time_make_room() {
        let (limiter, clock) = limiter();
        (0..100_000).for_each(|key| drop(limiter.check_key(&key)));
        clock.advance(Duration::from_secs(60));
        // So many that all have a cell of their own again, in every map.
        let others = 200_000..240_000;
        for round in 0..2 {
            let refused = others.clone().filter(|key| limiter.check_key(key).is_err()).count();
            assert_eq!(refused, 0, "round {round}");
        }
    }
}
