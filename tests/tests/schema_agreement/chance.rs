//! Numbers that look random and are the same in every run.

/// The generator that is called `SplitMix64`.
pub(crate) struct Chance(u64);

impl Chance {
    /// The stream of one document of one tool: any of them can be made again alone.
    pub(crate) fn of(seed: u64, tool: &str, document: u64) -> Self {
        let mut chance = Self(seed);
        for byte in tool.bytes() {
            chance.0 = chance.number() ^ u64::from(byte);
        }
        chance.0 = chance.number() ^ document;
        chance
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("64 bits");
        usize::try_from(self.number() % end).expect("64 bits")
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
