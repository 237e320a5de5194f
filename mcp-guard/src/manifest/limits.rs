//! Limits, with their tiers.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::loosening::Say;
use crate::tool::LimitSpec;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitPolicy {
    pub(super) argument: String,
    /// `None`: everyone's.
    pub(super) scope: Option<String>,
    pub(super) max: i128,
    pub(super) min: Option<i128>,
}

impl From<&LimitSpec> for LimitPolicy {
    fn from(limit: &LimitSpec) -> Self {
        Self {
            argument: limit.parameter.into(),
            scope: limit.scope.map(Into::into),
            max: limit.max,
            min: limit.min,
        }
    }
}

/// What a call may ask for of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Highest {
    Nothing,
    UpTo(i128),
    Anything,
}

/// Somebody may ask for more than before.
pub(super) fn loosened(new: &[LimitPolicy], old: &[LimitPolicy], say: Say<'_>) {
    let arguments: BTreeSet<_> = old.iter().map(|limit| limit.argument.as_str()).collect();
    for argument in arguments {
        let of_argument = |limits: &[LimitPolicy]| -> Vec<LimitPolicy> {
            limits.iter().filter(|limit| limit.argument == argument).cloned().collect()
        };
        loosened_for(argument, &of_argument(new), &of_argument(old), say);
    }
}

fn loosened_for(argument: &str, new: &[LimitPolicy], old: &[LimitPolicy], say: Say<'_>) {
    if new.is_empty() {
        return say(format!("`{argument}` has no limit any more"));
    }
    let tiers: BTreeSet<_> = new.iter().map(|limit| limit.scope.as_deref()).collect();
    let everyone = highest(new, None);
    let everyone_gained = everyone > highest(old, None);
    for tier in tiers {
        let (now, before) = (highest(new, tier), highest(old, tier));
        // What everyone has gained is said once.
        if now <= before || (tier.is_some() && everyone_gained && now == everyone) {
            continue;
        }
        let whose = tier.map_or("everyone".into(), |scope| format!("holders of `{scope}`"));
        say(format!(
            "the limit of `{argument}` for {whose} is raised from {} to {}",
            told(before),
            told(now)
        ));
    }
    if lowest(new) < lowest(old) {
        let told = |lowest: Option<i128>| lowest.map_or("none".into(), |min| min.to_string());
        say(format!(
            "the least `{argument}` is lowered from {} to {}",
            told(lowest(old)),
            told(lowest(new))
        ));
    }
}

/// The highest value for those who hold this scope and no other.
fn highest(limits: &[LimitPolicy], held: Option<&str>) -> Highest {
    if limits.is_empty() {
        return Highest::Anything;
    }
    let theirs =
        limits.iter().filter(|limit| limit.scope.is_none() || limit.scope.as_deref() == held);
    theirs.map(|limit| limit.max).max().map_or(Highest::Nothing, Highest::UpTo)
}

/// The lowest value that everybody is held to.
fn lowest(limits: &[LimitPolicy]) -> Option<i128> {
    limits.iter().filter_map(|limit| limit.min).max()
}

fn told(highest: Highest) -> String {
    match highest {
        Highest::Nothing => "nothing".into(),
        Highest::UpTo(max) => max.to_string(),
        Highest::Anything => "anything".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(scope: Option<&str>, max: i128, min: Option<i128>) -> LimitPolicy {
        LimitPolicy { argument: "amount".into(), scope: scope.map(Into::into), max, min }
    }

    fn said(new: &[LimitPolicy], old: &[LimitPolicy]) -> Vec<String> {
        let mut said = Vec::new();
        loosened(new, old, &mut |what| said.push(what));
        said
    }

    #[test]
    fn what_counts_is_what_somebody_may_ask_for() {
        let base = [limit(None, 100, Some(0)), limit(Some("large"), 500, None)];
        let without_tier = &base[..1];
        let tighter: [&[LimitPolicy]; 4] = [
            &base,
            without_tier,
            &[limit(None, 100, Some(1)), limit(Some("large"), 500, None)],
            &[limit(Some("large"), 500, Some(0))],
        ];
        for tighter in tighter {
            assert_eq!(said(tighter, &base), Vec::<String>::new(), "{tighter:?}");
        }
        let looser: [(&[LimitPolicy], &str); 6] = [
            (&[], "no limit any more"),
            (&[limit(None, 101, Some(0))], "everyone is raised from 100 to 101"),
            (&[limit(None, 100, None)], "lowered from 0 to none"),
            (&[limit(None, 100, Some(-1))], "lowered from 0 to -1"),
            (&[limit(None, 100, Some(0)), limit(Some("large"), 501, None)], "from 500 to 501"),
            (&[limit(None, 100, Some(0)), limit(Some("other"), 101, None)], "from 100 to 101"),
        ];
        for (looser, why) in looser {
            let said = said(looser, &base);
            assert!(said.len() == 1 && said[0].contains(why), "{looser:?}: {said:?}");
        }
        assert_eq!(said(&base, &[limit(Some("large"), 500, Some(0))]).len(), 1, "from nothing");
        assert_eq!(said(&base, without_tier).len(), 1, "a tier is new");
    }
}
