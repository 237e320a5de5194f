//! Scopes that include others.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::caller::{Caller, is_scope_token};

/// Which scopes include which: whoever holds `refunds:write` may be taken to hold `refunds:read`.
///
/// ```
/// # use mcp_guard::ScopeHierarchy;
/// let scopes = ScopeHierarchy::new()
///     .includes("refunds:admin", ["refunds:write"])
///     .includes("refunds:write", ["refunds:read"]);
/// ```
///
/// Inclusion carries on: `refunds:admin` includes `refunds:read` as well. What a caller holds with all
/// that it includes is worked out once for each call, where the caller is identified. Everything after
/// that sees the same: `scope`, the tiers of `limit`, which tools are listed, `operation_status`, and
/// the [`Caller`] that a tool borrows.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ScopeHierarchy {
    includes: BTreeMap<String, BTreeSet<String>>,
    known: BTreeSet<String>,
}

impl ScopeHierarchy {
    /// A hierarchy in which each scope is only itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// Holding `scope` grants these too. May be said several times of one scope.
    pub fn includes<S: Into<String>>(
        mut self,
        scope: impl Into<String>,
        included: impl IntoIterator<Item = S>,
    ) -> Self {
        let included = included.into_iter().map(Into::into);
        self.includes.entry(scope.into()).or_default().extend(included);
        self
    }

    /// Names scopes that no attribute asks for, but code does, with
    /// [`has_scope`](Caller::has_scope). A scope that nobody asks for is otherwise a mistake.
    pub fn asked_in_code<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.known.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// What is wrong with it, where attributes ask for these scopes.
    pub(crate) fn mistakes(&self, asked: &BTreeSet<&str>) -> Vec<String> {
        let mut mistakes = Vec::new();
        let written = self.includes.keys().chain(self.includes.values().flatten());
        for scope in written.chain(&self.known).collect::<BTreeSet<_>>() {
            if !is_scope_token(scope) {
                mistakes.push(format!(
                    "`.scopes(…)` has the scope {scope:?}, which is none: a scope is printable ASCII \
                     without spaces, `\"` and `\\` (RFC 6749 §3.3)"
                ));
            }
        }
        for (scope, included) in &self.includes {
            if included.is_empty() {
                mistakes.push(format!(
                    "`.scopes(…)`: `{scope}` includes nothing: write what, or leave it out"
                ));
            }
            if self.closure_of(scope).contains(scope) {
                mistakes.push(format!(
                    "`.scopes(…)`: `{scope}` includes itself, perhaps through others: take one \
                     `.includes(…)` out of the circle"
                ));
            }
            for unknown in included.iter().filter(|scope| !self.knows(scope, asked)) {
                mistakes.push(format!(
                    "`.scopes(…)`: `{scope}` includes `{unknown}`, which no tool asks for: correct \
                     it, or name it in `.asked_in_code([…])`"
                ));
            }
        }
        mistakes
    }

    /// Everything that each scope includes, directly or through others.
    pub(crate) fn closure(&self) -> BTreeMap<String, BTreeSet<String>> {
        let scopes = self.includes.keys();
        scopes.map(|scope| (scope.clone(), self.closure_of(scope))).collect()
    }

    fn closure_of(&self, scope: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![scope];
        while let Some(scope) = open.pop() {
            for included in self.includes.get(scope).into_iter().flatten() {
                if found.insert(included.clone()) {
                    open.push(included);
                }
            }
        }
        found
    }

    fn knows(&self, scope: &str, asked: &BTreeSet<&str>) -> bool {
        asked.contains(scope) || self.includes.contains_key(scope) || self.known.contains(scope)
    }
}

/// What holding a scope grants, worked out when the guard is built.
#[derive(Debug, Default)]
pub(crate) struct GrantedScopes(BTreeMap<String, BTreeSet<String>>);

impl GrantedScopes {
    pub(crate) fn new(hierarchy: &ScopeHierarchy) -> Self {
        Self(hierarchy.closure())
    }

    /// The scopes that include others.
    #[cfg(feature = "http")]
    pub(crate) fn including(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The caller with every scope that theirs include.
    pub(crate) fn effective(&self, caller: Arc<Caller>) -> Arc<Caller> {
        match self.widened(&caller) {
            Cow::Borrowed(_) => caller,
            Cow::Owned(widened) => Arc::new(widened),
        }
    }

    fn widened<'c>(&self, caller: &'c Caller) -> Cow<'c, Caller> {
        if self.0.is_empty() {
            return Cow::Borrowed(caller);
        }
        let included = caller.scopes().filter_map(|scope| self.0.get(scope)).flatten();
        let added: Vec<_> = included.filter(|scope| !caller.has_scope(scope)).collect();
        if added.is_empty() {
            return Cow::Borrowed(caller);
        }
        Cow::Owned(caller.clone().with_scopes(added.into_iter().map(String::as_str)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effective(hierarchy: &ScopeHierarchy, held: &[&str]) -> Vec<String> {
        let caller = Arc::new(Caller::local("agent").with_scopes(held.iter().copied()));
        let effective = GrantedScopes::new(hierarchy).effective(caller);
        effective.scopes().map(str::to_owned).collect()
    }

    #[test]
    fn a_scope_grants_what_it_includes_and_what_that_includes() {
        let hierarchy =
            ScopeHierarchy::new().includes("admin", ["write", "audit"]).includes("write", ["read"]);
        assert_eq!(effective(&hierarchy, &["admin"]), ["admin", "audit", "read", "write"]);
        assert_eq!(effective(&hierarchy, &["write", "other"]), ["other", "read", "write"]);
        assert_eq!(effective(&hierarchy, &["read"]), ["read"], "it does not go upwards");
    }

    #[test]
    fn who_gains_nothing_is_not_copied() {
        let caller = Arc::new(Caller::local("agent").with_scopes(["read"]));
        for hierarchy in [ScopeHierarchy::new(), ScopeHierarchy::new().includes("write", ["read"])]
        {
            let same = GrantedScopes::new(&hierarchy).effective(Arc::clone(&caller));
            assert!(Arc::ptr_eq(&same, &caller));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_a_mistake() {
        let asked = BTreeSet::from(["read", "write"]);
        let new = ScopeHierarchy::new;
        for (hierarchy, why) in [
            (new().includes("write", ["write"]), "includes itself"),
            (new().includes("write", ["read"]).includes("read", ["write"]), "includes itself"),
            (new().includes("write", ["raed"]), "`raed`, which no tool asks for"),
            (new().includes("wri te", ["read"]), "which is none"),
            (new().includes("write", [""]), "which is none"),
            (new().includes::<&str>("write", []), "includes nothing"),
        ] {
            let mistakes = hierarchy.mistakes(&asked).join("\n");
            assert!(mistakes.contains(why), "{hierarchy:?}: {mistakes}");
        }
        let fine = new().includes("admin", ["write", "secret"]).includes("write", ["read"]);
        assert_eq!(fine.asked_in_code(["secret"]).mistakes(&asked), Vec::<String>::new());
    }
}
