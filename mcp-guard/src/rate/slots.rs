//! How many calls or requests may be under way.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The places of what is under way: so many in all, and so many of one caller or address.
pub(crate) struct Slots<K> {
    in_all: usize,
    of_one: usize,
    taken: Mutex<Taken<K>>,
}

struct Taken<K> {
    in_all: usize,
    /// Of those who have one, so no more than there are places.
    by: HashMap<K, usize>,
}

/// A place, until it is dropped.
pub(crate) struct Slot<K: Hash + Eq> {
    slots: Arc<Slots<K>>,
    whose: K,
}

impl<K: Hash + Eq + Copy> Slots<K> {
    /// So many in all, and so many of one key.
    pub(crate) fn new(in_all: usize, of_one: usize) -> Arc<Self> {
        Arc::new(Self {
            in_all,
            of_one,
            taken: Mutex::new(Taken { in_all: 0, by: HashMap::new() }),
        })
    }

    /// A place for this key, if there is one.
    pub(crate) fn take(self: &Arc<Self>, whose: K) -> Option<Slot<K>> {
        let mut taken = self.lock();
        let of_one = taken.by.get(&whose).copied().unwrap_or(0);
        if taken.in_all >= self.in_all || of_one >= self.of_one {
            return None;
        }
        taken.in_all += 1;
        taken.by.insert(whose, of_one + 1);
        Some(Slot { slots: Arc::clone(self), whose })
    }
}

impl<K: Hash + Eq> Slots<K> {
    fn give_back(&self, whose: &K) {
        let mut taken = self.lock();
        taken.in_all -= 1;
        match taken.by.get_mut(whose) {
            Some(of_one) if *of_one > 1 => *of_one -= 1,
            _ => {
                taken.by.remove(whose);
            }
        }
    }

    /// Nothing that is done under the lock can panic half-way.
    fn lock(&self) -> MutexGuard<'_, Taken<K>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq> Drop for Slot<K> {
    fn drop(&mut self) {
        self.slots.give_back(&self.whose);
    }
}

impl<K> fmt::Debug for Slots<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").field("in_all", &self.in_all).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_the_places_of_others() {
        let slots = Slots::new(3, 2);
        let first = slots.take(1).expect("a place");
        let _second = slots.take(1).expect("a place");
        assert!(slots.take(1).is_none(), "a key has two");
        let third = slots.take(2).expect("a place");
        assert!(slots.take(2).is_none(), "there are three");
        drop(first);
        assert!(slots.take(1).is_some());
        drop(third);
        assert_eq!(slots.lock().by.len(), 1, "who has no place is forgotten");
    }
}
