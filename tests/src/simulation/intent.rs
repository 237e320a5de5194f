//! What an agent wants, and on whose behalf.

use std::{fmt, time::Duration};

use mcp_guard::{BudgetOf, BudgetSpec, Caller, EffectClass, IdempotentSpec, ToolSpec};
use serde_json::{Value, json};

use super::plan::Plan;

/// On whose behalf an agent calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Who {
    pub(super) tenant: Option<u8>,
    pub(super) subject: u8,
}

/// One call that an agent wants to be made.
#[derive(Clone, Copy)]
pub(super) struct Intent {
    pub(super) tool: &'static ToolSpec,
    pub(super) who: Who,
    /// Which token the agent uses: who it is does not depend on it.
    pub(super) token: u8,
    pub(super) key: u16,
    pub(super) order: u8,
    pub(super) amount: u64,
}

impl Intent {
    pub(super) fn caller(&self) -> Caller {
        let caller = Caller::new("https://id.example", format!("agent-{}", self.who.subject))
            .with_client(format!("client-{}", self.token));
        match self.who.tenant {
            Some(tenant) => caller.with_tenant(format!("tenant-{tenant}")),
            None => caller,
        }
    }

    pub(super) fn order(&self) -> String {
        format!("ord_{}", self.order)
    }

    pub(super) fn arguments(&self) -> Value {
        json!({
            "order": self.order(),
            "amount": self.amount,
            "idempotency_key": format!("key-{:05}", self.key),
        })
    }

    pub(super) fn spec(&self) -> IdempotentSpec {
        match self.tool.effect {
            EffectClass::Idempotent(spec) => spec,
            EffectClass::ReadOnly => unreachable!("every tool of the simulation acts"),
        }
    }

    /// Whether it is the same client key of the same caller.
    pub(super) fn has_key_of(&self, other: &Self) -> bool {
        self.who == other.who && self.tool.name == other.tool.name && self.key == other.key
    }

    pub(super) fn has_arguments_of(&self, other: &Self) -> bool {
        self.order == other.order && self.amount == other.amount
    }

    /// Whether the tool says that it is about the same as the other.
    pub(super) fn is_about(&self, other: &Self) -> bool {
        !self.spec().business_key.is_empty()
            && self.tool.name == other.tool.name
            && self.who.tenant == other.who.tenant
            && self.order == other.order
    }

    /// Whether it takes of the same budget as the other.
    pub(super) fn shares(&self, budget: &BudgetSpec, other: &Self) -> bool {
        self.tool.name == other.tool.name
            && match budget.of {
                BudgetOf::Caller => self.who == other.who,
                BudgetOf::Tenant => self.who.tenant == other.who.tenant,
                BudgetOf::Tool => true,
                BudgetOf::Parameter(_) => {
                    self.who.tenant == other.who.tenant && self.order == other.order
                }
            }
    }

    /// What it takes of a budget.
    pub(super) fn takes(&self, budget: &BudgetSpec) -> u64 {
        budget.parameter.map_or(1, |_| self.amount)
    }

    /// How long an answer can be replayed, in milliseconds.
    pub(super) fn retained(&self, plan: &Plan) -> i64 {
        millis(self.spec().retain.unwrap_or(plan.retain))
    }

    /// How long nothing is done again, in milliseconds.
    pub(super) fn remembered(&self, plan: &Plan) -> i64 {
        self.retained(plan) + millis(self.spec().tombstone.unwrap_or(plan.tombstone))
    }
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Who { tenant, subject } = self.who;
        write!(f, "{}(order {}, amount {}) ", self.tool.name, self.order, self.amount)?;
        write!(f, "under key {} by {subject} of {tenant:?}", self.key)
    }
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
