//! A rate.

use serde::{Deserialize, Serialize};

use super::{loosening::Say, millis, written};
use crate::rate::Quota;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuotaPolicy {
    pub(super) count: u32,
    pub(super) per_ms: u64,
    pub(super) burst: u32,
}

impl From<Quota> for QuotaPolicy {
    fn from(quota: Quota) -> Self {
        Self { count: quota.count, per_ms: millis(quota.per), burst: quota.burst }
    }
}

/// A rate lets more through than before.
pub(super) fn loosened(
    whose: &str,
    new: Option<&QuotaPolicy>,
    old: Option<&QuotaPolicy>,
    say: Say<'_>,
) {
    let Some(old) = old else { return };
    let Some(new) = new else { return say(format!("{whose} is gone")) };
    let faster = |one: &QuotaPolicy, other: &QuotaPolicy| {
        u128::from(one.count) * u128::from(other.per_ms)
            > u128::from(other.count) * u128::from(one.per_ms)
    };
    let told = |quota: &QuotaPolicy| format!("{} in {}", quota.count, written(quota.per_ms));
    if faster(new, old) {
        say(format!("{whose} is raised from {} to {}", told(old), told(new)));
    }
    if new.burst > old.burst {
        say(format!("the burst of {whose} is raised from {} to {}", old.burst, new.burst));
    }
}
