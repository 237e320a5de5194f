//! `read_only` and `idempotent(...)`: whether it changes something, and how its keys are kept.

use std::time::Duration;

use syn::{
    Error, Ident, LitStr, Result, bracketed,
    parse::{Parse, ParseStream},
};

use super::{OnUnknown, Written, duration, names::Names};
use crate::{
    entry::{Entry, Value},
    errors::Errors,
};

/// Whether a tool changes something.
pub(crate) enum Effect {
    /// It changes nothing.
    ReadOnly,
    /// It changes something, at most once for each key.
    Idempotent(Box<Idempotent>),
}

/// How the keys of an idempotent tool are kept.
pub(crate) struct Idempotent {
    /// The parameters that say what an operation is about, each once.
    pub(crate) key: Vec<Ident>,
    /// How long an answer can be replayed.
    pub(crate) retain: Option<Duration>,
    /// How long a key is remembered after that.
    pub(crate) tombstone: Option<Duration>,
    /// How long a claim stands without a heartbeat, and where it is written.
    pub(crate) lease: Option<(Ident, Duration)>,
    /// How long a second call waits for the first; `None`: it is refused at once.
    pub(crate) wait: Option<Duration>,
    /// What happens to an unknown outcome.
    pub(crate) on_unknown: OnUnknown,
    /// `dispatch`, where it is written: the body marks the moment before which nothing is done.
    pub(crate) dispatch: Option<Ident>,
    /// `"transaction"`, where it is written: claim, effect and record are one.
    pub(crate) transaction: Option<LitStr>,
    written: Written,
}

pub(crate) const KEYS: [&str; 8] =
    ["key", "retain", "tombstone", "lease", "in_flight", "on_unknown", "dispatch", "store"];

impl Idempotent {
    /// `idempotent`, with nothing said of its keys.
    pub(crate) fn new() -> Self {
        Self {
            key: Vec::new(),
            retain: None,
            tombstone: None,
            lease: None,
            wait: None,
            on_unknown: OnUnknown::default(),
            dispatch: None,
            transaction: None,
            written: Written::new("idempotent(...)", &KEYS, &[]),
        }
    }

    /// `idempotent` or `idempotent(...)`.
    pub(crate) fn read(entry: &Entry, errors: &Errors) -> Result<Self> {
        let mut idempotent = Self::new();
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
        for entry in entries.into_iter().filter_map(|entry| errors.keep(entry)) {
            let read =
                idempotent.written.note(&entry).and_then(|()| idempotent.set(&entry, errors));
            errors.keep(read);
        }
        Ok(idempotent)
    }

    /// Whether the effect is meant to be written in the store's transaction, be that said right or
    /// wrong.
    pub(crate) fn means_transaction(&self) -> bool {
        self.written.has("store")
    }

    fn set(&mut self, entry: &Entry, errors: &Errors) -> Result<()> {
        match entry.name().as_str() {
            "key" => self.key = key(entry, errors)?,
            "retain" => self.retain = Some(duration::of_entry(entry, "24h")?),
            "tombstone" => self.tombstone = Some(duration::of_entry(entry, "30d")?),
            "lease" => self.lease = Some((entry.key.clone(), duration::of_entry(entry, "60s")?)),
            "in_flight" => self.wait = in_flight(entry)?,
            "on_unknown" => self.on_unknown = OnUnknown::read(entry)?,
            "dispatch" => {
                entry.flag()?;
                self.dispatch = Some(entry.key.clone());
            }
            _ => self.transaction = Some(store(entry)?),
        }
        Ok(())
    }
}

/// `key = [order_id, reason]`.
fn key(entry: &Entry, errors: &Errors) -> Result<Vec<Ident>> {
    let example = "key = [order_id, reason]";
    let List(names) = entry.is("takes a list of parameters", example)?;
    if names.is_empty() {
        return Err(entry.mistake(
            "names no parameter, which would make all calls one operation",
            &format!("{example}`, or remove `key"),
        ));
    }
    Ok(names.distinct(errors))
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

/// `store = "transaction"`.
fn store(entry: &Entry) -> Result<LitStr> {
    let example = "store = \"transaction\"";
    let mode = entry.string(example)?;
    if mode.value() != "transaction" {
        return Err(entry.mistake(
            "takes `\"transaction\"` alone, and the store itself is given to the guard, as \
             `.store(...)`",
            &format!("{example}` or remove `store"),
        ));
    }
    Ok(mode)
}

struct How(LitStr);

impl Parse for How {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let usage = |error: Error| Error::new(error.span(), "write `wait(\"5s\")`");
        input.parse().map(Self).map_err(usage)
    }
}

/// `[order_id, reason]`.
struct List(Names);

impl Parse for List {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let list;
        bracketed!(list in input);
        list.parse().map(Self)
    }
}
