//! What holds for all of a guard's tools.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    loosening::{Say, dropped, raised},
    quota::{self, QuotaPolicy},
};
use crate::guard::Settings;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GuardPolicy {
    /// Everything that each scope includes, directly or through others.
    pub(super) scopes: BTreeMap<String, BTreeSet<String>>,
    /// Who decides beside the tools, by name.
    pub(super) authorizers: BTreeSet<String>,
    pub(super) rate_per_caller: Option<QuotaPolicy>,
    pub(super) max_concurrent_calls: u64,
    pub(super) max_concurrent_calls_per_caller: u64,
    pub(super) hide_limits: bool,
    pub(super) hide_unauthorized: bool,
    pub(super) max_message_bytes: u64,
    pub(super) max_message_depth: u64,
}

impl GuardPolicy {
    pub(super) fn of<'a>(settings: &Settings, authorizers: impl Iterator<Item = &'a str>) -> Self {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Self {
            scopes: settings.scopes.closure(),
            authorizers: authorizers.map(Into::into).collect(),
            rate_per_caller: settings.rates.per_caller.map(Into::into),
            max_concurrent_calls: count(settings.max_concurrent_calls),
            max_concurrent_calls_per_caller: count(settings.max_concurrent_calls_per_caller),
            hide_limits: !settings.publish_limits,
            hide_unauthorized: settings.hide_unauthorized,
            max_message_bytes: count(settings.wire.max_bytes),
            max_message_depth: count(settings.wire.max_depth),
        }
    }

    pub(super) fn loosened_since(&self, old: &Self, say: Say<'_>) {
        self.widened_scopes(old, say);
        for gone in old.authorizers.difference(&self.authorizers) {
            say(format!("the authorizer `{gone}` decides no longer"));
        }
        let (new_rate, old_rate) = (self.rate_per_caller.as_ref(), old.rate_per_caller.as_ref());
        quota::loosened("the rate of each caller", new_rate, old_rate, say);
        for (what, new, old) in [
            ("`max_concurrent_calls`", self.max_concurrent_calls, old.max_concurrent_calls),
            (
                "`max_concurrent_calls_per_caller`",
                self.max_concurrent_calls_per_caller,
                old.max_concurrent_calls_per_caller,
            ),
            ("`max_bytes` of a message", self.max_message_bytes, old.max_message_bytes),
            ("`max_depth` of a message", self.max_message_depth, old.max_message_depth),
        ] {
            raised(what, new, old, say);
        }
        dropped("hides limits", self.hide_limits, old.hide_limits, say);
        dropped(
            "hides tools from who may not call them",
            self.hide_unauthorized,
            old.hide_unauthorized,
            say,
        );
    }

    fn widened_scopes(&self, old: &Self, say: Say<'_>) {
        let nothing = BTreeSet::new();
        for (scope, included) in &self.scopes {
            let before = old.scopes.get(scope).unwrap_or(&nothing);
            for added in included.difference(before) {
                say(format!("the scope `{scope}` now includes `{added}`"));
            }
        }
    }
}
