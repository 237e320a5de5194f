//! What ends a server at a chosen moment, as the kernel would.

use std::{
    future::Future,
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use rustix::process::{Signal, getpid, kill_process};

use super::point::{Moment, Point, Step};

/// How long a request is under way at most before the server dies. Around what a store takes, so that
/// it dies before, in and after the store's own work.
const UNDER_WAY: Duration = Duration::from_micros(1_500);

/// Where this process is to die, if anywhere. Every clone is the same fuse.
#[derive(Debug, Clone, Default)]
pub struct Fuse(Arc<Mutex<Option<Point>>>);

impl Fuse {
    /// From now on, this process dies when it comes to this point.
    pub fn arm(&self, point: Point) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(point);
    }

    /// Whether this process is to die at all.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        self.armed().is_some()
    }

    /// Dies here, if this is the point.
    pub fn pass(&self, step: Step, moment: Moment) {
        if self.is_armed_for(step, moment) {
            die();
        }
    }

    /// Takes a step: dies before it, while it is under way, or when it is done, if that is the point.
    pub async fn through<T>(&self, step: Step, work: impl Future<Output = T>) -> T {
        self.pass(step, Moment::Before);
        let dies_during = self.is_armed_for(step, Moment::During);
        if dies_during {
            // From a thread, as the timers of the runtime are too coarse.
            thread::spawn(|| {
                thread::sleep(at_random_within(UNDER_WAY));
                die();
            });
        }
        let done = work.await;
        if dies_during {
            // Nothing follows before the end comes.
            return std::future::pending().await;
        }
        self.pass(step, Moment::After);
        done
    }

    fn is_armed_for(&self, step: Step, moment: Moment) -> bool {
        self.armed() == Some(Point::new(step, moment))
    }

    fn armed(&self) -> Option<Point> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn at_random_within(most: Duration) -> Duration {
    let chance = RandomState::new().hash_one(0_u8);
    most.mul_f64(f64::from(u16::try_from(chance >> 48).unwrap_or_default()) / f64::from(u16::MAX))
}

/// Ends this process by SIGKILL: nothing is flushed, closed or dropped.
fn die() -> ! {
    // Nobody is left to be told that it failed; a test would see that the server did not die.
    let _ = kill_process(getpid(), Signal::KILL);
    loop {
        thread::park();
    }
}
