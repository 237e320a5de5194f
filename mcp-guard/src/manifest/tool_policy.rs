//! What holds for one tool.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    access::AccessPolicy,
    budgets::{self, BudgetPolicy},
    limits::{self, LimitPolicy},
    loosening::{Say, changed, dropped},
    millis,
    quota::{self, QuotaPolicy},
    redactions::{self, Redactions},
    written,
};
use crate::{
    guard::{GuardedTool, Settings},
    tool::{EffectClass, IdempotentSpec, OnUnknown, ToolSpec},
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolPolicy {
    pub(super) access: AccessPolicy,
    /// Whether its own function decides on each call.
    pub(super) authorize: bool,
    pub(super) effect: EffectPolicy,
    pub(super) limits: Vec<LimitPolicy>,
    pub(super) budgets: Vec<BudgetPolicy>,
    pub(super) redactions: Redactions,
    pub(super) rate_per_caller: Option<QuotaPolicy>,
    pub(super) timeout_ms: u64,
    /// MCP's hints, with which a client decides whether to ask a person.
    pub(super) destructive: bool,
    pub(super) open_world: bool,
    /// Hashes of what the model reads and writes.
    pub(super) description: String,
    pub(super) arguments: String,
    pub(super) result: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EffectPolicy {
    ReadOnly,
    Idempotent(IdempotentPolicy),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdempotentPolicy {
    pub(super) business_key: BTreeSet<String>,
    pub(super) on_unknown: OnUnknownPolicy,
    pub(super) dispatch: bool,
    pub(super) transaction: bool,
    pub(super) lease_ms: u64,
    pub(super) retain_ms: u64,
    pub(super) tombstone_ms: u64,
}

/// From the most careful on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnUnknownPolicy {
    Refuse,
    Reconcile,
    Retry,
}

impl ToolPolicy {
    pub(super) fn of(tool: &GuardedTool, settings: &Settings) -> Self {
        let spec = tool.spec();
        let mut limits: Vec<_> = spec.limits.iter().map(LimitPolicy::from).collect();
        let mut budgets: Vec<_> = spec.budgets.iter().map(BudgetPolicy::from).collect();
        limits.sort();
        budgets.sort();
        Self {
            access: spec.access.into(),
            authorize: spec.authorizes,
            effect: EffectPolicy::of(spec, settings),
            limits,
            budgets,
            redactions: redactions::of(spec.redactions),
            rate_per_caller: settings.rates.per_tool.get(spec.name).map(|quota| (*quota).into()),
            timeout_ms: millis(spec.timeout.unwrap_or(settings.timeout)),
            destructive: spec.destructive,
            open_world: spec.open_world,
            description: tool.description_hash(),
            arguments: tool.schema().hash().to_owned(),
            result: tool.result_hash(),
        }
    }

    pub(super) fn loosened_since(&self, old: &Self, say: Say<'_>) {
        self.access.loosened_since(&old.access, say);
        dropped("asks its `authorize`", self.authorize, old.authorize, say);
        self.effect.loosened_since(&old.effect, say);
        limits::loosened(&self.limits, &old.limits, say);
        budgets::loosened(&self.budgets, &old.budgets, say);
        redactions::loosened(&self.redactions, &old.redactions, say);
        let (new_rate, old_rate) = (self.rate_per_caller.as_ref(), old.rate_per_caller.as_ref());
        quota::loosened("its rate for each caller", new_rate, old_rate, say);
        if self.timeout_ms > old.timeout_ms {
            let (new, old) = (written(self.timeout_ms), written(old.timeout_ms));
            say(format!("its timeout is raised from {old} to {new}"));
        }
        dropped("says `destructive`", self.destructive, old.destructive, say);
        dropped("says `open_world`", self.open_world, old.open_world, say);
        changed("what the model is told of it", &self.description, &old.description, say);
        changed("the schema of its arguments", &self.arguments, &old.arguments, say);
        changed("the schema of its result", &self.result, &old.result, say);
    }
}

impl EffectPolicy {
    fn of(spec: &ToolSpec, settings: &Settings) -> Self {
        match &spec.effect {
            EffectClass::ReadOnly => Self::ReadOnly,
            EffectClass::Idempotent(idempotent) => {
                Self::Idempotent(IdempotentPolicy::of(idempotent, settings))
            }
        }
    }

    fn loosened_since(&self, old: &Self, say: Say<'_>) {
        match (self, old) {
            (Self::ReadOnly, Self::ReadOnly) => {}
            (Self::Idempotent(new), Self::Idempotent(old)) => new.loosened_since(old, say),
            (Self::Idempotent(_), Self::ReadOnly) => {
                say("is `idempotent` and was `read_only`: it now changes something".into());
            }
            // The attribute does not make it so: without a key, whatever it does it may do twice.
            (Self::ReadOnly, Self::Idempotent(_)) => {
                say("is `read_only` and was `idempotent`: nothing holds it to once any more".into());
            }
        }
    }
}

impl IdempotentPolicy {
    fn of(spec: &IdempotentSpec, settings: &Settings) -> Self {
        let retention = settings.retention(Some(spec));
        Self {
            business_key: spec.business_key.iter().map(|name| (*name).to_owned()).collect(),
            on_unknown: match spec.on_unknown {
                OnUnknown::Refuse => OnUnknownPolicy::Refuse,
                OnUnknown::Reconcile => OnUnknownPolicy::Reconcile,
                OnUnknown::Retry => OnUnknownPolicy::Retry,
            },
            dispatch: spec.dispatches,
            transaction: spec.transaction,
            lease_ms: millis(spec.lease.unwrap_or(settings.lease)),
            retain_ms: millis(retention.retain),
            tombstone_ms: millis(retention.tombstone),
        }
    }

    fn loosened_since(&self, old: &Self, say: Say<'_>) {
        self.loosened_key(old, say);
        if self.on_unknown > old.on_unknown {
            say(format!(
                "`on_unknown` is `{}` and was `{}`",
                self.on_unknown.told(),
                old.on_unknown.told()
            ));
        }
        if self.dispatch && !old.dispatch {
            say("has `dispatch`: what fails before `effect.dispatch()` may be tried again".into());
        }
        dropped(
            "writes its effect in the store's transaction",
            self.transaction,
            old.transaction,
            say,
        );
        for (name, new, old) in [
            ("lease", self.lease_ms, old.lease_ms),
            ("retain", self.retain_ms, old.retain_ms),
            ("tombstone", self.tombstone_ms, old.tombstone_ms),
        ] {
            if new < old {
                let (new, old) = (written(new), written(old));
                say(format!("`{name}` is shortened from {old} to {new}"));
            }
        }
    }

    /// The more arguments tell operations apart, the more operations there are.
    fn loosened_key(&self, old: &Self, say: Say<'_>) {
        if old.business_key.is_empty() {
            return;
        }
        if self.business_key.is_empty() {
            return say("has no business key any more".into());
        }
        for added in self.business_key.difference(&old.business_key) {
            say(format!("`{added}` is now part of its business key, and tells operations apart"));
        }
    }
}

impl OnUnknownPolicy {
    fn told(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Reconcile => "reconcile",
            Self::Retry => "retry",
        }
    }
}
