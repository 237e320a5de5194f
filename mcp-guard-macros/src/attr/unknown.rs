//! `on_unknown = ...`: what happens when it is not known whether an earlier call acted.

use syn::{
    Error, Ident, Path, Result,
    parse::{Parse, ParseStream},
};

use super::names;
use crate::entry::{Entry, Value};

/// What happens when it is not known whether an earlier call acted.
#[derive(Default)]
pub(crate) enum OnUnknown {
    /// The agent is told so.
    #[default]
    Refuse,
    /// It is tried again. Where `retry` is written.
    Retry(Ident),
    /// This function finds out. Where `reconcile` is written, and the function's path.
    Reconcile(Ident, Path),
}

const TAKES: &str = "takes `refuse`, `retry` or `reconcile(...)`";
const EXAMPLE: &str =
    "on_unknown = refuse`, `on_unknown = retry` or `on_unknown = reconcile(find_refund)";

impl OnUnknown {
    /// `on_unknown = refuse | retry | reconcile(find_refund)`.
    pub(super) fn read(entry: &Entry) -> Result<Self> {
        let choice: Entry = entry.is(TAKES, EXAMPLE)?;
        match (choice.name().as_str(), choice.value()) {
            ("refuse", Value::Absent) => Ok(Self::Refuse),
            ("retry", Value::Absent) => Ok(Self::Retry(choice.key)),
            ("reconcile", _) => {
                let takes = "takes the function that finds out what was done";
                let Finder(path) = choice.list(takes, RECONCILE)?;
                Ok(Self::Reconcile(choice.key, path))
            }
            _ => Err(entry.mistake(TAKES, EXAMPLE)),
        }
    }
}

const RECONCILE: &str = "reconcile(find_refund)` or, for a method, `reconcile(Self::find_refund)";

struct Finder(Path);

impl Parse for Finder {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let usage = |error: Error| Error::new(error.span(), format!("write `{RECONCILE}`"));
        let path = names::function(input).map_err(usage)?;
        if !input.is_empty() {
            return Err(usage(input.error("")));
        }
        Ok(Self(path))
    }
}
