//! What is asked of both, by number, so that a shortened sequence can be asked again.

use std::time::Duration;

use crate::{
    split_mix::SplitMix64,
    store::conformance::fixture::{LEASE, RETENTION, TICK},
};

/// How many operations, business keys, … there are.
pub(super) const OPERATIONS: u8 = 4;
pub(super) const BUSINESSES: u8 = 2;
pub(super) const METERS: u8 = 2;
pub(super) const WINDOWS: [Duration; 3] =
    [Duration::ZERO, Duration::from_secs(900), Duration::from_secs(20_000)];

/// One question, or a jump in time.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Claim(Asked),
    /// One of the claims before, again, by the same owner.
    ClaimAgain(u8),
    Recall(Asked),
    Renew(Held),
    Dispatch(Held),
    Settle(Held, Ending),
    Resolve(Held, Ending),
    Inspect(u8),
    Unresolved {
        after: u8,
        limit: u32,
    },
    Wait(Duration),
}

/// What a claim asks for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) operation: u8,
    pub(super) principal: u8,
    pub(super) fingerprint: u8,
    pub(super) business: Option<u8>,
    /// Meter, amount, cap, and which window.
    pub(super) reservations: Vec<(u8, u64, u64, u8)>,
    pub(super) lease: Duration,
    pub(super) retake: bool,
    pub(super) tentative: bool,
    pub(super) arguments: bool,
}

/// One of the attempts before, the latest first; or one that is nearly it.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) latest: u8,
    pub(super) forged: Option<Forged>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Forged {
    Owner,
    Epoch,
    Operation,
    Length,
}

/// How an attempt ends.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    Recorded { reply: u8, acted: bool, retain: Duration, tombstone: Duration },
    Released { retain: Duration, tombstone: Duration },
    Unknown,
}

impl Step {
    pub(super) fn random(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..32 => Self::Claim(Asked::random(dice)),
            32..37 => Self::ClaimAgain(dice.small(4)),
            37..45 => Self::Recall(Asked::random(dice)),
            45..49 => Self::Renew(Held::random(dice)),
            49..54 => Self::Dispatch(Held::random(dice)),
            54..71 => Self::Settle(Held::random(dice), Ending::random(dice)),
            71..76 => Self::Resolve(Held::random(dice), Ending::random(dice)),
            76..81 => Self::Inspect(dice.small(OPERATIONS)),
            81..85 => {
                Self::Unresolved { after: dice.small(OPERATIONS), limit: dice.small(4).into() }
            }
            _ => Self::Wait(dice.time()),
        }
    }
}

impl Asked {
    fn random(dice: &mut Dice) -> Self {
        let operation = dice.small(OPERATIONS);
        // Mostly the same arguments, so that more than conflicts come about.
        let fingerprint = u8::from(dice.below(8) == 0);
        let mut meters: Vec<u8> = (0..METERS).filter(|_| dice.below(3) > 0).collect();
        if dice.below(2) == 0 {
            meters.reverse();
        }
        let take =
            |meter| (meter, dice.amount(), *dice.one_of(&[0, 50, 100, 100, 100]), dice.small(3));
        let reservations = meters.into_iter().map(take).collect();
        Self {
            operation,
            principal: u8::from(dice.below(4) == 0),
            fingerprint,
            business: (dice.below(3) > 0).then(|| dice.small(BUSINESSES)),
            reservations,
            lease: *dice.one_of(&[LEASE, LEASE, LEASE, LEASE / 2, TICK, Duration::ZERO]),
            retake: dice.below(3) == 0,
            tentative: dice.below(4) == 0,
            arguments: dice.below(2) == 0,
        }
    }
}

impl Held {
    fn random(dice: &mut Dice) -> Self {
        let latest = dice.small(2) * dice.small(5);
        let forgeries = [Forged::Owner, Forged::Epoch, Forged::Operation, Forged::Length];
        let forged = (dice.below(8) == 0).then(|| *dice.one_of(&forgeries));
        Self { latest, forged }
    }
}

impl Ending {
    fn random(dice: &mut Dice) -> Self {
        let (retain, tombstone) = (dice.time(), dice.time());
        match dice.below(8) {
            0 => Self::Unknown,
            1 | 2 => Self::Released { retain, tombstone },
            kind => Self::Recorded { reply: dice.small(2), acted: kind > 3, retain, tombstone },
        }
    }
}

/// Random numbers from a seed.
pub(super) struct Dice(SplitMix64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(SplitMix64::new(seed))
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0.next() % bound
    }

    fn small(&mut self, bound: u8) -> u8 {
        u8::try_from(self.below(bound.into())).unwrap_or(0)
    }

    fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let place = self.below(choices.len() as u64);
        &choices[usize::try_from(place).unwrap_or(0)]
    }

    fn amount(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => 50,
            2 => 100,
            3 => 101,
            _ => self.below(40),
        }
    }

    /// Nothing, a tick, or one of the times at which something runs out, a tick around it.
    fn time(&mut self) -> Duration {
        let edges = [
            Duration::ZERO,
            TICK,
            LEASE / 2,
            LEASE,
            LEASE,
            WINDOWS[1],
            WINDOWS[2],
            RETENTION.retain,
            RETENTION.tombstone,
        ];
        let edge = *self.one_of(&edges);
        match self.below(4) {
            0 => edge.saturating_sub(TICK),
            1 => edge + TICK,
            _ => edge,
        }
    }
}
