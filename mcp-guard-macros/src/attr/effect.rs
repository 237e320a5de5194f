//! `read_only` and `idempotent(...)`: whether it changes something, and how its keys are kept.

use std::time::Duration;

use syn::{Error, Ident, LitStr, Result, parse::Parse, parse::ParseStream};

use super::{Written, duration};
use crate::{
    entry::{Entry, Value},
    errors::Errors,
};

/// Whether a tool changes something.
pub(crate) enum Effect {
    /// It changes nothing.
    ReadOnly,
    /// It changes something, at most once for each key.
    Idempotent(Idempotent),
}

/// How the keys of an idempotent tool are kept.
#[derive(Default)]
pub(crate) struct Idempotent {
    /// How long an answer can be replayed.
    pub(crate) retain: Option<Duration>,
    /// How long a key is remembered after that.
    pub(crate) tombstone: Option<Duration>,
    /// How long a claim stands without a heartbeat.
    pub(crate) lease: Option<Duration>,
    /// How long a second call waits for the first; `None`: it is refused at once.
    pub(crate) wait: Option<Duration>,
    /// `retry`, where it is written: an unknown outcome may be tried again.
    pub(crate) retry: Option<Ident>,
}

const KEYS: [&str; 5] = ["retain", "tombstone", "lease", "in_flight", "on_unknown"];
const LATER: [&str; 2] = ["key", "store"];

impl Idempotent {
    /// `idempotent` or `idempotent(...)`.
    pub(crate) fn read(entry: &Entry, errors: &Errors) -> Result<Self> {
        let mut idempotent = Self::default();
        let entries = match entry.value() {
            Value::Absent => return Ok(idempotent),
            Value::List(group) => Entry::split(group.stream()),
            Value::Is(_) => {
                return Err(entry.mistake(
                    "takes its settings in parentheses",
                    "idempotent` or `idempotent(retain = \"24h\")",
                ));
            }
        };
        let mut written = Written::new("idempotent(...)", &KEYS, &LATER);
        for entry in entries.into_iter().filter_map(|entry| errors.keep(entry)) {
            let read = written.note(&entry).and_then(|()| idempotent.set(&entry));
            errors.keep(read);
        }
        Ok(idempotent)
    }

    fn set(&mut self, entry: &Entry) -> Result<()> {
        match entry.name().as_str() {
            "retain" => self.retain = Some(duration::of_entry(entry, "24h")?),
            "tombstone" => self.tombstone = Some(duration::of_entry(entry, "30d")?),
            "lease" => self.lease = Some(duration::of_entry(entry, "60s")?),
            "in_flight" => self.wait = in_flight(entry)?,
            _ => self.retry = on_unknown(entry)?,
        }
        Ok(())
    }
}

/// `in_flight = refuse | wait("5s")`.
fn in_flight(entry: &Entry) -> Result<Option<Duration>> {
    let mistake = || {
        entry.mistake(
            "takes `refuse` or `wait(...)`",
            "in_flight = refuse` or `in_flight = wait(\"5s\")",
        )
    };
    let choice: Entry = entry.is("takes `refuse` or `wait(...)`", "in_flight = wait(\"5s\")")?;
    match (choice.name().as_str(), choice.value()) {
        ("refuse", Value::Absent) => Ok(None),
        ("wait", Value::List(_)) => {
            let How(literal) = choice.list("takes a duration", "wait(\"5s\")")?;
            duration::parse(&literal, "5s").map(Some)
        }
        _ => Err(mistake()),
    }
}

/// `on_unknown = refuse | retry`.
fn on_unknown(entry: &Entry) -> Result<Option<Ident>> {
    let takes = "takes `refuse` or `retry`";
    let example = "on_unknown = refuse` or `on_unknown = retry";
    let choice: Entry = entry.is(takes, example)?;
    match (choice.name().as_str(), choice.value()) {
        ("refuse", Value::Absent) => Ok(None),
        ("retry", Value::Absent) => Ok(Some(choice.key)),
        ("reconcile", _) => Err(Error::new_spanned(
            choice.key,
            "`on_unknown = reconcile(...)` is not supported yet",
        )),
        _ => Err(entry.mistake(takes, example)),
    }
}

struct How(LitStr);

impl Parse for How {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let usage = |error: Error| Error::new(error.span(), "write `wait(\"5s\")`");
        input.parse().map(Self).map_err(usage)
    }
}
