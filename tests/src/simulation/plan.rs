//! What kind of world an episode is, and what goes wrong in it.

use std::time::Duration;

use super::chance::Chance;

/// The stores that episodes are played on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stores {
    /// The model alone.
    Model,
    /// The embedded one alone.
    Embedded,
    /// The model, and now and then the embedded one.
    Both,
}

/// How often an episode is played on the embedded store: it takes ten times as long.
const EMBEDDED_ONE_IN: u64 = 24;

/// Something that went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A replica died.
    Crash,
    /// A replica stood still.
    Pause,
    /// A replica could not reach the store.
    Partition,
    /// The store's clock jumped forward.
    ClockForward,
    /// The store's clock jumped backward.
    ClockBackward,
    /// The store failed before it did what was asked.
    StoreErrorBefore,
    /// The store failed after it did what was asked.
    StoreErrorAfter,
    /// A request to the store was lost.
    StoreRequestLost,
    /// The store's answer was lost.
    StoreReplyLost,
    /// A request reached the store after nobody waited any more.
    StoreLate,
    /// The backend was slow, within the deadline.
    BackendSlow,
    /// The backend said that it did nothing.
    BackendBusy,
    /// The connection broke, and nothing was done.
    BackendBrokenBefore,
    /// The connection broke, and it was done.
    BackendBrokenAfter,
    /// The connection broke, and it was done later.
    BackendLate,
    /// The backend acted and never answered.
    BackendSilent,
    /// The request never arrived, and nobody said so.
    BackendDeaf,
    /// A body panicked before its effect.
    PanicBefore,
    /// A body panicked after its effect.
    PanicAfter,
    /// An answer did not reach its agent.
    ReplyLost,
}

/// What can go wrong in an episode: how often in a thousand times, or whether at all.
#[derive(Debug, Clone, Copy, Default, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each kind of trouble comes or does not")]
pub(super) struct Weather {
    pub(super) store: u64,
    pub(super) backend: u64,
    pub(super) doomed_calls: u64,
    pub(super) lost_replies: u64,
    pub(super) crashes: bool,
    pub(super) pauses: bool,
    pub(super) partitions: bool,
    pub(super) jumps: bool,
}

/// An episode's parameters.
#[derive(Debug, Clone, Hash)]
pub(super) struct Plan {
    /// The tools that are called, by their places in the list of all.
    pub(super) tools: Vec<usize>,
    /// How far each replica's clock is off.
    pub(super) skews: Vec<i64>,
    pub(super) agents: u64,
    /// How many steps each agent takes.
    pub(super) steps: u64,
    pub(super) embedded: bool,
    pub(super) weather: Weather,
    pub(super) lease: Duration,
    pub(super) retain: Duration,
    pub(super) tombstone: Duration,
    pub(super) timeout: Duration,
}

impl Plan {
    pub(super) fn new(chance: &mut Chance, stores: Stores, tools: usize) -> Self {
        let embedded = match stores {
            Stores::Model => false,
            Stores::Embedded => true,
            Stores::Both => chance.below(EMBEDDED_ONE_IN) == 0,
        };
        let lease = chance.pick(&[1_500, 3_000]);
        let replicas = chance.between(1, 3);
        // The embedded store reads the clock of the process that asks it.
        let furthest = if embedded { lease / 15 } else { 0 };
        let (retain, tombstone) = chance.pick(&[(5, 8), (10, 20), (3_600, 3_600)]);
        Self {
            tools: (0..chance.between(1, 2)).map(|_| chance.place(tools)).collect(),
            skews: (0..replicas)
                .map(|_| i64::try_from(chance.below(furthest + 1)).unwrap_or_default())
                .collect(),
            agents: chance.between(2, 5),
            steps: chance.between(8, 24),
            embedded,
            weather: Weather::new(chance),
            lease: Duration::from_millis(lease),
            retain: Duration::from_secs(retain),
            tombstone: Duration::from_secs(tombstone),
            timeout: Duration::from_secs(chance.between(4, 8)),
        }
    }

    /// How far two replicas' clocks are apart at most.
    pub(super) fn spread(&self) -> i64 {
        let (least, most) = (self.skews.iter().min(), self.skews.iter().max());
        most.zip(least).map_or(0, |(most, least)| most - least)
    }
}

impl Weather {
    /// Calm, one kind of trouble, or everything at once: what a single kind leads to must be
    /// explained by it.
    fn new(chance: &mut Chance) -> Self {
        let storm = Self {
            store: chance.pick(&[20, 60, 150]),
            backend: chance.pick(&[50, 150, 300]),
            doomed_calls: chance.pick(&[20, 60, 120]),
            lost_replies: 100,
            crashes: true,
            pauses: true,
            partitions: true,
            jumps: true,
        };
        let calm = Self::default();
        match chance.below(16) {
            0 => calm,
            1 => Self { store: storm.store, ..calm },
            2 | 3 => Self { backend: storm.backend, ..calm },
            4 => Self { crashes: true, doomed_calls: storm.doomed_calls, ..calm },
            5 => Self { pauses: true, ..calm },
            6 => Self { partitions: true, ..calm },
            7 => Self { jumps: true, ..calm },
            8 | 9 => Self { pauses: true, backend: storm.backend, ..calm },
            10 | 11 => Self { jumps: false, ..storm },
            _ => storm,
        }
    }
}
