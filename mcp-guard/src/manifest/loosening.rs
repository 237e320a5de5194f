//! One thing that has become looser.

use std::fmt;

/// One thing that a guard allows and the committed manifest did not, or that only a person can judge.
/// [`Display`](fmt::Display) says it in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loosening {
    whose: String,
    what: String,
}

impl Loosening {
    pub(super) fn new(whose: impl Into<String>, what: impl Into<String>) -> Self {
        Self { whose: whose.into(), what: what.into() }
    }
}

impl fmt::Display for Loosening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}.", self.whose, self.what)
    }
}

/// Where what is found goes.
pub(super) type Say<'a> = &'a mut dyn FnMut(String);

/// A number above which more is allowed has gone up.
pub(super) fn raised(what: &str, new: u64, old: u64, say: Say<'_>) {
    if new > old {
        say(format!("{what} is raised from {old} to {new}"));
    }
}

/// A protection is no longer on.
pub(super) fn dropped(what: &str, new: bool, old: bool, say: Say<'_>) {
    if old && !new {
        say(format!("{what} no longer"));
    }
}

/// Something of which only a person can tell what it means.
pub(super) fn changed(what: &str, new: &str, old: &str, say: Say<'_>) {
    if new != old {
        say(format!("{what} has changed, which must be reviewed"));
    }
}
