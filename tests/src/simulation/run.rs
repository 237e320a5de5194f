//! Many episodes, on every core.

use std::{
    fmt,
    num::NonZero,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    episode::{Episode, replay},
    judge::Tally,
    plan::Stores,
};

/// How many failed episodes are kept.
const KEPT: usize = 3;

/// What to play.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Where every decision comes from.
    pub seed: u64,
    /// At least so many calls.
    pub calls: u64,
    /// On which stores.
    pub stores: Stores,
    /// On how many threads at once.
    pub threads: usize,
    /// Whether to end with the first violation.
    pub stop_early: bool,
}

impl Options {
    /// So many calls, on every core.
    #[must_use]
    pub fn calls(calls: u64) -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        Self { seed: 1, calls, stores: Stores::Both, threads, stop_early: false }
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Summary {
    /// How often what happened.
    pub tally: Tally,
    /// How many episodes were played.
    pub episodes: u64,
    /// How many violations there were.
    pub violations: u64,
    /// The first episodes in which there were any.
    pub failed: Vec<Episode>,
    /// How long it took, over all threads.
    pub busy: Duration,
}

/// Plays episodes until there were enough calls.
///
/// # Panics
/// When an episode does: its number is in the message above.
#[must_use]
pub fn run(options: &Options) -> Summary {
    let (next, calls) = (AtomicU64::new(0), AtomicU64::new(0));
    let (ended, summary) = (AtomicBool::new(false), Mutex::new(Summary::default()));
    thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| {
                let folder = tempfile::tempdir().expect("a folder for embedded stores");
                let began = Instant::now();
                while calls.load(Ordering::Relaxed) < options.calls
                    && !ended.load(Ordering::Relaxed)
                {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let episode = replay(options.seed, number, options.stores, folder.path());
                    calls.fetch_add(episode.tally.calls, Ordering::Relaxed);
                    if options.stop_early && !episode.violations.is_empty() {
                        ended.store(true, Ordering::Relaxed);
                    }
                    summary.lock().unwrap_or_else(PoisonError::into_inner).add(episode);
                }
                summary.lock().unwrap_or_else(PoisonError::into_inner).busy += began.elapsed();
            });
        }
    });
    summary.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Summary {
    fn add(&mut self, episode: Episode) {
        self.tally.add(&episode.tally);
        self.episodes += 1;
        self.violations += u64::try_from(episode.violations.len()).unwrap_or(u64::MAX);
        if !episode.violations.is_empty() {
            self.failed.push(episode);
            self.failed.sort_by_key(|episode| episode.number);
            self.failed.truncate(KEPT);
        }
    }

    /// Calls a second on one core.
    #[must_use]
    pub fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
        let calls = self.tally.calls as f64;
        calls / self.busy.as_secs_f64()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { calls, effects, unknown, replays, faults } = &self.tally;
        writeln!(f, "{calls:>10} calls in {} episodes", self.episodes)?;
        writeln!(f, "{effects:>10} effects")?;
        writeln!(f, "{replays:>10} answers repeated")?;
        writeln!(f, "{unknown:>10} answers that the outcome is unknown")?;
        writeln!(f, "{:>10} faults:", faults.values().sum::<u64>())?;
        for (fault, times) in faults {
            writeln!(f, "{times:>20} {fault:?}")?;
        }
        writeln!(f, "{:>10} violations", self.violations)?;
        write!(f, "{:>10.0} calls a second on one core", self.rate())
    }
}
