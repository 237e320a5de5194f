//! What a tool's scopes are called by the authorization server of its backend.

use std::collections::BTreeSet;

use crate::caller::is_scope_token;

/// A tool's scope, and what is asked for it.
#[derive(Default)]
pub(in crate::credential) struct ScopeMap(Vec<(String, String)>);

impl ScopeMap {
    pub(in crate::credential) fn add(&mut self, scope: String, asked: String) {
        self.0.push((scope, asked));
    }

    /// What is asked for these scopes, and nothing else.
    pub(super) fn of<'a>(&'a self, scopes: &[&'a str]) -> BTreeSet<&'a str> {
        let mut asked = BTreeSet::new();
        for scope in scopes {
            let mapped = self.0.iter().filter(|(from, _)| from == scope);
            let mapped: Vec<_> = mapped.map(|(_, to)| to.as_str()).collect();
            if mapped.is_empty() {
                asked.insert(*scope);
            }
            asked.extend(mapped);
        }
        asked
    }

    /// One that is no scope.
    pub(super) fn malformed(&self) -> Option<&str> {
        let all = self.0.iter().flat_map(|(from, to)| [from, to]);
        all.map(String::as_str).find(|scope| !is_scope_token(scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_asked_for_by_the_names_it_has_there() {
        let mut map = ScopeMap::default();
        map.add("refunds".into(), "payments.refunds.write".into());
        map.add("refunds".into(), "payments.orders.read".into());
        map.add("credits".into(), "payments.credits.write".into());
        let asked =
            |scopes: &[&'static str]| map.of(scopes).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(asked(&["refunds"]), "payments.orders.read payments.refunds.write");
        assert_eq!(
            asked(&["refunds", "other"]),
            "other payments.orders.read payments.refunds.write"
        );
        assert_eq!(asked(&["other"]), "other");
    }

    #[test]
    fn what_would_be_two_scopes_is_found() {
        let mut map = ScopeMap::default();
        map.add("a".into(), "b".into());
        assert_eq!(map.malformed(), None);
        map.add("refunds".into(), "b admin".into());
        assert_eq!(map.malformed(), Some("b admin"));
    }
}
