//! Where every choice of an attack comes from.

use crate::split_mix::{STEP, SplitMix64};

/// A stream of numbers, the same for the same seed and attack.
#[derive(Debug, Clone)]
pub(super) struct Chance(SplitMix64);

impl Chance {
    pub(super) fn of(seed: u64, number: u64) -> Self {
        let start = SplitMix64::new(seed).next() ^ number.wrapping_mul(STEP);
        Self(SplitMix64::new(start))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0.next()
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// One of them. There must be one.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, among: &[&'a T]) -> &'a T {
        among[self.place(among.len())]
    }

    /// A place in a list of this length.
    pub(super) fn place(&mut self, length: usize) -> usize {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(length)).unwrap_or_default()
    }
}
