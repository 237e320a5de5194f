//! Rates: how often a caller may call, and how many calls may be under way. Requests, before anybody
//! knows who sends them, are counted by the same means.
//!
//! They protect the server. What a caller may take in all, across processes and for money, is a
//! [budget](crate::BudgetSpec), which the store keeps.

mod cells;
mod clock;
mod meter;
mod quota;
mod slots;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use meter::Meter;
pub use quota::Quota;
pub(crate) use slots::{Slot, Slots};

use crate::{key::PrincipalId, tool::Tool};

/// How often callers may call: `.rates(Rates::new().per_caller(Quota::per_minute(120)))`.
///
/// A caller is a tenant, issuer and subject. Each process counts for itself, in bounded memory: up to
/// 57,344 callers at a time are counted apart; while so many are, the rest share 1,024 quotas.
///
/// A refused call is answered `rate_limited` (`transient`, with the exact `retry_after_ms`) before its
/// arguments are read: nothing was done, no key is claimed. Every call counts that is not refused for
/// its rate: replays, calls of tools that do not exist, calls that are refused later.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Rates {
    pub(crate) per_caller: Option<Quota>,
    pub(crate) per_tool: BTreeMap<String, Quota>,
    /// Tools that were named twice.
    twice: BTreeSet<String>,
}

impl Rates {
    /// No rates.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often each caller may call, whichever tools.
    pub fn per_caller(mut self, quota: Quota) -> Self {
        self.per_caller = Some(quota);
        self
    }

    /// How often each caller may call this tool: `.per_tool::<create_refund>(Quota::per_minute(10))`.
    /// Only a caller who has the tool's scopes is counted.
    pub fn per_tool<T: Tool>(self, quota: Quota) -> Self {
        self.per_tool_named(T::SPEC.name, quota)
    }

    /// As [`per_tool`](Self::per_tool), by the tool's name on the wire.
    pub fn per_tool_named(mut self, tool: impl Into<String>, quota: Quota) -> Self {
        let tool = tool.into();
        if self.per_tool.insert(tool.clone(), quota).is_some() {
            self.twice.insert(tool);
        }
        self
    }

    /// What is wrong with them, for a guard that has these tools.
    pub(crate) fn mistakes(&self, is_tool: impl Fn(&str) -> bool) -> Vec<String> {
        let quotas = self.per_caller.iter().map(|quota| ("`.per_caller(…)`".to_owned(), quota));
        let of_tools = self.per_tool.iter().map(|(tool, quota)| (format!("tool `{tool}`"), quota));
        let mut mistakes: Vec<_> = quotas
            .chain(of_tools)
            .filter_map(|(whose, quota)| {
                let mistake = quota.mistake()?;
                Some(format!("the rate of {whose} {mistake}"))
            })
            .collect();
        mistakes.extend(
            self.twice.iter().map(|tool| format!("tool `{tool}` has two rates: leave one out")),
        );
        let unknown = self.per_tool.keys().filter(|tool| !is_tool(tool));
        mistakes.extend(unknown.map(|tool| {
            format!("`.rates(…)` names tool `{tool}`, which the guard does not have: add the tool")
        }));
        mistakes
    }
}

/// What has been called of late, by whom.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    per_caller: Option<Meter<PrincipalId>>,
    per_tool: BTreeMap<String, Meter<PrincipalId>>,
}

impl Meters {
    /// Meters for rates without mistakes.
    pub(crate) fn new(rates: &Rates) -> Self {
        let per_tool = rates.per_tool.iter();
        Self {
            per_caller: rates.per_caller.map(Meter::new),
            per_tool: per_tool.map(|(tool, quota)| (tool.clone(), Meter::new(*quota))).collect(),
        }
    }

    /// The meter of all calls of each caller.
    pub(crate) fn of_callers(&self) -> Option<&Meter<PrincipalId>> {
        self.per_caller.as_ref()
    }

    /// The meter of each caller's calls of this tool.
    pub(crate) fn of_tool(&self, tool: &str) -> Option<&Meter<PrincipalId>> {
        self.per_tool.get(tool)
    }
}
