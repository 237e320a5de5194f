//! The members of results that are for callers with a scope.

use std::collections::BTreeMap;

use super::loosening::Say;
use crate::tool::RedactSpec;

/// The scope that a caller needs to be shown a member, by the member's place as a JSON pointer.
pub(super) type Redactions = BTreeMap<String, String>;

pub(super) fn of(redactions: &[RedactSpec]) -> Redactions {
    redactions.iter().map(|redaction| (redaction.pointer(), redaction.scope.into())).collect()
}

/// A member is shown to somebody to whom it was not.
pub(super) fn loosened(new: &Redactions, old: &Redactions, say: Say<'_>) {
    for (member, scope) in old {
        let needed: Vec<&str> = needed(new, member).collect();
        if needed.is_empty() {
            say(format!("`{member}` of its result is no longer redacted"));
        } else if !needed.contains(&&**scope) {
            let needed = needed.join("` and `");
            say(format!(
                "`{member}` of its result is shown to holders of `{needed}`, and was to holders of `{scope}`"
            ));
        }
    }
}

/// The scopes without which a member is left out: by itself, or with what it is a part of.
fn needed<'r>(redactions: &'r Redactions, member: &str) -> impl Iterator<Item = &'r str> {
    redactions.iter().filter_map(move |(redacted, scope)| {
        let rest = member.strip_prefix(&**redacted)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(&**scope)
    })
}
