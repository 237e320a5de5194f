//! Numbers that look random, and are the same in every run.

/// The generator that is called `SplitMix64`: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014. It keeps no secrets.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix64(u64);

/// What the state goes on by.
pub(crate) const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the reference implementation counts from this seed.
    #[test]
    fn it_is_the_generator_of_that_name() {
        let mut numbers = SplitMix64::new(1_234_567);
        let first = [(); 3].map(|()| numbers.next());
        let expected =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(first, expected);
    }
}
