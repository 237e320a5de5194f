//! Who may call a tool.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::loosening::Say;
use crate::tool::Access;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AccessPolicy {
    AnyCaller,
    Scopes(BTreeSet<String>),
}

impl From<Access> for AccessPolicy {
    fn from(access: Access) -> Self {
        match access {
            Access::AnyCaller => Self::AnyCaller,
            Access::Scopes(scopes) => {
                Self::Scopes(scopes.iter().map(|scope| (*scope).to_owned()).collect())
            }
        }
    }
}

impl AccessPolicy {
    /// A scope that was required no longer is.
    pub(super) fn loosened_since(&self, old: &Self, say: Say<'_>) {
        match (self, old) {
            (_, Self::AnyCaller) => {}
            (Self::AnyCaller, Self::Scopes(_)) => say("any caller may use it now".into()),
            (Self::Scopes(new), Self::Scopes(old)) => {
                for scope in old.difference(new) {
                    say(format!("the scope `{scope}` is no longer required"));
                }
            }
        }
    }
}
