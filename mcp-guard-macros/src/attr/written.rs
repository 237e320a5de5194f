//! The keys that an attribute has had so far: unknown, repeated and future ones are refused.

use syn::{Error, Result};

use crate::{entry::Entry, suggest};

/// The keys written so far.
pub(crate) struct Written {
    /// The attribute, as a message names it.
    attribute: &'static str,
    /// The keys that it takes.
    known: &'static [&'static str],
    /// The keys that it will take one day.
    later: &'static [&'static str],
    seen: Vec<String>,
}

impl Written {
    /// None yet.
    pub(crate) fn new(
        attribute: &'static str,
        known: &'static [&'static str],
        later: &'static [&'static str],
    ) -> Self {
        Self { attribute, known, later, seen: Vec::new() }
    }

    /// Whether the key is there, be its value right or wrong.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.seen.iter().any(|seen| seen == key)
    }

    /// Takes a key as written, so that it is not reported as missing.
    pub(crate) fn assume(&mut self, key: &str) {
        self.seen.push(key.to_owned());
    }

    /// Takes note of a key, and requires that it is a known one.
    pub(crate) fn known(&mut self, entry: &Entry) -> Result<()> {
        let name = entry.name();
        let attribute = self.attribute;
        if self.known.contains(&name.as_str()) {
            self.assume(&name);
            return Ok(());
        }
        let message = if self.later.contains(&name.as_str()) {
            format!("`{name}` is not supported yet")
        } else if let Some(meant) = suggest::nearest(&name, self.known.iter().copied()) {
            // A misspelled key must not be reported as missing too.
            self.assume(meant);
            format!("`{attribute}` has no key `{name}`: did you mean `{meant}`?")
        } else {
            let known = suggest::list(self.known.iter().copied());
            format!("`{attribute}` has no key `{name}`: it takes {known}")
        };
        Err(Error::new_spanned(&entry.key, message))
    }

    /// Takes note of a key, and requires that it is a known one that was not there before.
    pub(crate) fn note(&mut self, entry: &Entry) -> Result<()> {
        let repeated = self.has(&entry.name());
        self.known(entry)?;
        if repeated {
            let message = format!("`{}` is written twice: keep one", entry.name());
            return Err(Error::new_spanned(&entry.key, message));
        }
        Ok(())
    }
}
