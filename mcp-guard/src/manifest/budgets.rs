//! Budgets.

use serde::{Deserialize, Serialize};

use super::{loosening::Say, millis, written};
use crate::tool::{BudgetOf, BudgetSpec};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BudgetPolicy {
    /// The argument that is summed; `None`: calls are counted.
    pub(super) sum_of: Option<String>,
    pub(super) of: Whose,
    pub(super) max: u64,
    pub(super) per_ms: u64,
}

/// Whose calls are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Whose {
    Caller,
    Argument(String),
    Tenant,
    Tool,
}

impl From<&BudgetSpec> for BudgetPolicy {
    fn from(budget: &BudgetSpec) -> Self {
        Self {
            sum_of: budget.parameter.map(Into::into),
            of: match budget.of {
                BudgetOf::Caller => Whose::Caller,
                BudgetOf::Tenant => Whose::Tenant,
                BudgetOf::Tool => Whose::Tool,
                BudgetOf::Parameter(name) => Whose::Argument(name.into()),
            },
            max: budget.max,
            per_ms: millis(budget.per),
        }
    }
}

impl BudgetPolicy {
    /// Whether whatever keeps within this keeps within the other: it counts the same, at least as
    /// much of it together, for at least as long, and lets no more through.
    fn covers(&self, other: &Self) -> bool {
        self.sum_of == other.sum_of
            && self.of.covers(&other.of)
            && self.per_ms >= other.per_ms
            && self.max <= other.max
    }

    /// How it has changed, to follow its name.
    fn change_from(&self, old: &Self) -> String {
        let mut changes = Vec::new();
        if self.max > old.max {
            changes.push(format!("raised from {} to {}", old.max, self.max));
        }
        if self.per_ms < old.per_ms {
            let (old, new) = (written(old.per_ms), written(self.per_ms));
            changes.push(format!("for a shorter time, {new} instead of {old}"));
        }
        if !self.of.covers(&old.of) {
            changes.push(format!("counted per {} instead of {}", self.of.told(), old.of.told()));
        }
        changes.join(" and ")
    }

    fn told(&self) -> String {
        match &self.sum_of {
            Some(argument) => format!("the budget of `{argument}`"),
            None => "the budget of calls".into(),
        }
    }
}

impl Whose {
    /// Whether all that the other counts together is counted together here. Callers and arguments are
    /// a tenant's.
    fn covers(&self, other: &Self) -> bool {
        self == other || *self == Self::Tool || (*self == Self::Tenant && *other != Self::Tool)
    }

    fn told(&self) -> String {
        match self {
            Self::Caller => "caller".into(),
            Self::Argument(name) => format!("`{name}`"),
            Self::Tenant => "tenant".into(),
            Self::Tool => "tool".into(),
        }
    }
}

/// A budget that held no longer does.
pub(super) fn loosened(new: &[BudgetPolicy], old: &[BudgetPolicy], say: Say<'_>) {
    for old in old.iter().filter(|old| !new.iter().any(|new| new.covers(old))) {
        let of_the_same = || new.iter().filter(|new| new.sum_of == old.sum_of);
        let successor = of_the_same()
            .find(|new| new.of == old.of && new.per_ms == old.per_ms)
            .or_else(|| of_the_same().find(|new| new.of == old.of))
            .or_else(|| of_the_same().next());
        say(match successor {
            Some(new) => format!("{} is {}", old.told(), new.change_from(old)),
            None => format!("{} is gone", old.told()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(of: Whose, max: u64, per_ms: u64) -> BudgetPolicy {
        BudgetPolicy { sum_of: Some("amount".into()), of, max, per_ms }
    }

    fn said(new: &[BudgetPolicy], old: &BudgetPolicy) -> Vec<String> {
        let mut said = Vec::new();
        loosened(new, std::slice::from_ref(old), &mut |what| said.push(what));
        said
    }

    #[test]
    fn what_counts_is_what_the_old_one_held() {
        let base = budget(Whose::Tenant, 100, 60_000);
        let calls = BudgetPolicy { sum_of: None, ..base.clone() };
        for tighter in [
            &[base.clone()][..],
            &[base.clone(), calls.clone()],
            &[budget(Whose::Tenant, 99, 60_000)],
            &[budget(Whose::Tenant, 100, 61_000)],
            &[budget(Whose::Tool, 100, 60_000)],
        ] {
            assert_eq!(said(tighter, &base), Vec::<String>::new(), "{tighter:?}");
        }
        let argument = Whose::Argument("order_id".into());
        for (looser, why) in [
            (&[][..], "is gone"),
            (&[calls], "is gone"),
            (&[budget(Whose::Tenant, 101, 60_000)], "raised from 100 to 101"),
            (&[budget(Whose::Tenant, 100, 59_000)], "59s instead of 1m"),
            (&[budget(Whose::Caller, 100, 60_000)], "per caller instead of tenant"),
            (&[budget(argument, 100, 60_000)], "per `order_id` instead of tenant"),
            (&[budget(Whose::Tenant, 10, 1_000)], "1s instead of 1m"),
        ] {
            let said = said(looser, &base);
            assert!(said.len() == 1 && said[0].contains(why), "{looser:?}: {said:?}");
        }
    }
}
