//! What each budget counts, and whose calls it counts together.

use std::time::Duration;

use syn::{Error, Ident, Result, ext::IdentExt};

use super::Use;
use crate::{
    attr::{self, Attr},
    errors::Errors,
    function::Function,
};

/// A budget, bound to its parameters.
pub(crate) struct Budget {
    /// Where it is written.
    pub(crate) key: Ident,
    /// The place of the parameter that is summed; `None`: calls are counted.
    pub(crate) summed: Option<usize>,
    /// The highest sum.
    pub(crate) max: u64,
    /// Within which time.
    pub(crate) per: Duration,
    /// Whose calls are counted together.
    pub(crate) of: Of,
}

/// Whose calls a budget counts together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// Each caller's.
    Caller,
    /// Each tenant's.
    Tenant,
    /// Everyone's.
    Tool,
    /// Those with the same value of the parameter at this place.
    Parameter(usize),
}

/// Binds every budget of the attribute to the parameters that it means.
pub(super) fn resolve(attr: &Attr, function: &Function, errors: &Errors) -> Vec<Budget> {
    let mut budgets: Vec<Budget> = Vec::new();
    for written in &attr.budgets {
        let summed = errors.keep(summed(written, function));
        let of = errors.keep(of(written, function));
        let (Some(summed), Some(of)) = (summed, of) else { continue };
        let attr::Budget { key, max, per, .. } = written;
        let budget = Budget { key: key.clone(), summed, max: *max, per: *per, of };
        if budgets.iter().any(|earlier| earlier.counts_what(&budget)) {
            errors.at(
                &budget.key,
                "there is a budget already that counts the same, for the same time and of the same: \
                 keep one",
            );
        } else {
            budgets.push(budget);
        }
    }
    budgets
}

impl Budget {
    /// Whether they count the same, so that the lower one makes the other superfluous.
    fn counts_what(&self, other: &Self) -> bool {
        (self.summed, self.per, self.of) == (other.summed, other.per, other.of)
    }
}

fn summed(budget: &attr::Budget, function: &Function) -> Result<Option<usize>> {
    if budget.counted.unraw() != "calls" {
        return Use::Summed.resolve(&budget.counted, function).map(Some);
    }
    unambiguous(&budget.counted, "the calls themselves", function).map(|()| None)
}

fn of(budget: &attr::Budget, function: &Function) -> Result<Of> {
    let Some(of) = &budget.of else {
        return Ok(Of::Caller);
    };
    let (meaning, means) = match of.unraw().to_string().as_str() {
        "caller" => (Of::Caller, "who calls"),
        "tenant" => (Of::Tenant, "the caller's tenant"),
        "tool" => (Of::Tool, "all calls of the tool"),
        _ => return Use::Grouping.resolve(of, function).map(Of::Parameter),
    };
    unambiguous(of, means, function).map(|()| meaning)
}

/// Refuses a word that is also an argument's name, because a reader cannot tell which is meant.
fn unambiguous(word: &Ident, means: &str, function: &Function) -> Result<()> {
    let name = word.unraw().to_string();
    match function.arguments().find(|argument| argument.plain_name() == name) {
        None => Ok(()),
        Some(argument) => Err(Error::new_spanned(
            word,
            format!(
                "`{name}` means {means}, and it is an argument's name as well: rename the \
                 parameter, with `#[serde(rename = \"{}\")]` to keep its name on the wire",
                argument.wire_name()
            ),
        )),
    }
}
