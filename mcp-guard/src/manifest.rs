//! What a guard allows, written down so that people can review it.

mod access;
mod budgets;
mod file;
mod guard_policy;
mod limits;
mod loosening;
mod quota;
mod redactions;
#[cfg(test)]
mod table;
mod tool_policy;

use std::{collections::BTreeMap, fmt};

pub use loosening::Loosening;
use serde::{Deserialize, Serialize};

use crate::guard::Guard;
use guard_policy::GuardPolicy;
use tool_policy::ToolPolicy;

/// The version of the form that is written and read.
const VERSION: u32 = 1;

/// What a guard allows: every tool with its scopes, limits, budgets, redactions, effect class and schemas,
/// and what holds for all of them. Made by [`Guard::manifest`].
///
/// It is for review. [`Display`](fmt::Display) writes it as JSON that is the same whenever the guard is:
/// sorted, with durations in milliseconds. Commit that file, and let a test
/// [fail when it loosens](Manifest::assert_not_loosened):
///
/// ```no_run
/// # fn guard() -> mcp_guard::Guard {
/// #     mcp_guard::Guard::builder().build().expect("a guard")
/// # }
/// # #[cfg(any())]
/// #[test]
/// fn the_policy_does_not_loosen_unseen() {
///     guard().manifest().assert_not_loosened("policy.json");
/// }
/// ```
///
/// What depends on where a guard is deployed is not in it: transports, addresses, store,
/// authenticator, and what is provided to the tools. A schema's hash leaves out what the guard adds to
/// the schema (limits, the key): it changes when the tool's own types or descriptions do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    version: u32,
    guard: GuardPolicy,
    tools: BTreeMap<String, ToolPolicy>,
}

impl Guard {
    /// What this guard allows, to be reviewed.
    #[must_use]
    pub fn manifest(&self) -> Manifest {
        let settings = self.core().settings();
        let tools = self.core().toolbox().all();
        let policy_of = |tool| ToolPolicy::of(tool, settings);
        Manifest {
            version: VERSION,
            guard: GuardPolicy::of(settings, self.core().authorizers()),
            tools: tools.map(|tool| (tool.spec().name.to_owned(), policy_of(tool))).collect(),
        }
    }
}

impl Manifest {
    /// Everything that this allows and `committed` did not, and everything of which only a person can
    /// tell whether it does. Empty where it is the same or tighter.
    #[must_use]
    pub fn loosened_since(&self, committed: &Self) -> Vec<Loosening> {
        let mut found = Vec::new();
        self.guard.loosened_since(&committed.guard, &mut |what| {
            found.push(Loosening::new("the guard", what));
        });
        for (name, tool) in &self.tools {
            let mut say = |what| found.push(Loosening::new(format!("tool `{name}`"), what));
            match committed.tools.get(name) {
                Some(committed) => tool.loosened_since(committed, &mut say),
                None => say("is new".into()),
            }
        }
        found
    }
}

/// As JSON, on several lines.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?;
        writeln!(f, "{json}")
    }
}

/// A duration in the form of the file.
fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A duration of the file, for people.
fn written(millis: u64) -> String {
    humantime::format_duration(std::time::Duration::from_millis(millis)).to_string()
}
