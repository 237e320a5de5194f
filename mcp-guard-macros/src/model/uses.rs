//! What the attribute needs an argument for.

use std::collections::BTreeMap;

use syn::{Error, Ident, Result, ext::IdentExt};

use super::{Tool, budgets::Of};
use crate::{
    function::{Function, Parameter},
    suggest,
};

/// What the attribute needs an argument for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// `limit(quantity <= 10)` and `max_amount`.
    Limited,
    /// `budget(amount_cents <= 200_000, ...)`.
    Summed,
    /// `budget(..., of = account)`.
    Grouping,
    /// `idempotent(key = [order_id])`.
    Key,
}

impl Use {
    /// Whether its value is a number.
    pub(crate) fn is_measured(self) -> bool {
        matches!(self, Self::Limited | Self::Summed)
    }

    /// What the argument does, as a message says it.
    pub(crate) fn does(self) -> &'static str {
        match self {
            Self::Limited => "has a limit",
            Self::Summed => "is summed by a budget",
            Self::Grouping => "tells budgets apart",
            Self::Key => "is a part of the key",
        }
    }

    /// What a model could do that may leave the argument out.
    pub(crate) fn evasion(self) -> Option<&'static str> {
        match self {
            Self::Limited => None,
            Self::Summed => Some("to take nothing of the budget"),
            Self::Grouping => Some("to take of another budget"),
            Self::Key => Some("to make another key"),
        }
    }

    /// The words that stand for something else than an argument.
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Limited | Self::Key => &[],
            Self::Summed => &["calls"],
            Self::Grouping => &["caller", "tenant", "tool"],
        }
    }

    /// The place, among the function's parameters, of the argument that is named.
    pub(super) fn resolve(self, named: &Ident, function: &Function) -> Result<usize> {
        let name = named.unraw().to_string();
        match function.parameters.iter().position(|parameter| parameter.plain_name() == name) {
            Some(index) if function.parameters[index].is_argument() => Ok(index),
            Some(_) => Err(Error::new_spanned(
                named,
                format!(
                    "`{name}` is provided by the server: only what the model sends {}",
                    self.does()
                ),
            )),
            None => Err(self.unknown(named, &name, function)),
        }
    }

    fn unknown(self, named: &Ident, name: &str, function: &Function) -> Error {
        let arguments: Vec<_> = function.arguments().map(Parameter::plain_name).collect();
        let words = self.words().iter().copied();
        let known = || words.clone().chain(arguments.iter().map(String::as_str));
        let hint = match suggest::nearest(name, known()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known().next().is_none() => "it has none, so remove this".to_owned(),
            None if self.words().is_empty() => {
                format!("its arguments are {}", suggest::list(known()))
            }
            None => format!("write one of {}", suggest::list(known())),
        };
        Error::new_spanned(named, format!("the function has no argument `{name}`: {hint}"))
    }
}

impl Tool {
    /// The arguments that the attribute needs, by their places among the parameters.
    pub(crate) fn uses(&self) -> BTreeMap<usize, Vec<Use>> {
        let limited = self.limits.iter().map(|limit| (limit.parameter, Use::Limited));
        let summed = self.budgets.iter().filter_map(|budget| Some((budget.summed?, Use::Summed)));
        let grouping = self.budgets.iter().filter_map(|budget| match budget.of {
            Of::Parameter(index) => Some((index, Use::Grouping)),
            Of::Caller | Of::Tenant | Of::Tool => None,
        });
        let key = self.business_key.iter().map(|index| (*index, Use::Key));
        let mut uses: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (index, needed) in limited.chain(summed).chain(grouping).chain(key) {
            uses.entry(index).or_default().push(needed);
        }
        uses
    }
}
