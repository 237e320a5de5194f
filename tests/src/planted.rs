//! Bugs that are put into a copy of the sources, to see that each is noticed.
//!
//! No bug is in a crate that anybody builds, not even behind a `cfg`: a [`Bug`] is a text that is
//! replaced in a copy. All are in one copy, each switched on by its name in an environment variable,
//! so that the copy is built once. A text that is no longer in the sources, exactly once, is an
//! error: the list must not rot.

mod attempts;
mod boundary;
mod budgets;
mod copy;
mod identity;
mod outcomes;

use mcp_guard::adversary::Attack;

pub use copy::{Copy, PLANTED, Rotten, plant};

/// A bug, and what notices it.
#[derive(Debug, Clone, Copy)]
pub struct Bug {
    /// Its name, in the list and in the environment.
    pub name: &'static str,
    /// What is wrong with it.
    pub wrong: &'static str,
    /// Where it is.
    pub edits: &'static [Edit],
    /// What must notice it.
    pub noticed_by: Notice,
}

/// A text of the sources that is replaced.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// The file, from the workspace's root.
    pub file: &'static str,
    /// The text, which is there once.
    pub find: &'static str,
    /// What stands there instead: right, unless `crate::planted` says that the bug is on.
    pub replace: &'static str,
}

/// What notices a bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The simulation.
    Simulation,
    /// This attack of the adversary's.
    Adversary(Attack),
    /// A unit test of the runtime, by its path: for what no simulation can see, such as power loss.
    UnitTest(&'static str),
}

/// Every bug.
pub fn bugs() -> impl Iterator<Item = &'static Bug> {
    let simulated = [identity::BUGS, attempts::BUGS, budgets::BUGS, outcomes::BUGS];
    simulated.into_iter().chain([boundary::BUGS]).flatten()
}
