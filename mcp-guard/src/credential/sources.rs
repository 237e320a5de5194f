//! Which source mints for which tool.

use std::{collections::BTreeMap, sync::Arc};

use super::{ActsFor, CredentialSource, minter::Minter};
use crate::tool::{Access, Registered};

/// The sources of a guard.
#[derive(Default)]
pub(crate) struct Sources {
    for_all: Option<Arc<Minter>>,
    for_one: BTreeMap<&'static str, Arc<Minter>>,
    /// What was set twice.
    twice: Vec<String>,
}

impl Sources {
    /// The source of every tool without one of its own.
    pub(crate) fn set(&mut self, source: impl CredentialSource) {
        if self.for_all.replace(Arc::new(Minter::new(source))).is_some() {
            self.twice.push(
                "`.credentials(…)` is written twice: keep one, and write `.credentials_for::<…>(…)` \
                 for a tool with a source of its own"
                    .into(),
            );
        }
    }

    /// The source of one tool.
    pub(crate) fn set_for(&mut self, tool: &'static str, source: impl CredentialSource) {
        if self.for_one.insert(tool, Arc::new(Minter::new(source))).is_some() {
            self.twice.push(format!(
                "`.credentials_for::<…>(…)` is written twice for tool `{tool}`: keep one"
            ));
        }
    }

    /// The source of this tool.
    pub(crate) fn of(&self, tool: &str) -> Option<&Arc<Minter>> {
        self.for_one.get(tool).or(self.for_all.as_ref())
    }

    /// Whether callers' tokens are exchanged, and so have to be kept until their calls have ended.
    #[cfg(feature = "http")]
    pub(crate) fn exchange_tokens(&self) -> bool {
        self.all().any(|minter| minter.acts_for() == ActsFor::SubjectToken)
    }

    /// What is wrong with the sources, for these tools.
    pub(crate) fn mistakes(&self, tools: &[Registered], has_tokens: bool) -> Vec<String> {
        let mut mistakes = self.twice.clone();
        mistakes.extend(self.all().flat_map(|minter| minter.mistakes()));
        for tool in self.for_one.keys() {
            let mut named = tools.iter().filter(|other| other.spec().name == *tool);
            if !named.any(|other| other.borrows_a_credential()) {
                mistakes.push(format!(
                    "`.credentials_for::<…>(…)` is for tool `{tool}`, which is not one of the \
                     guard's that borrow `&Credential`: add the parameter, or remove the source"
                ));
            }
        }
        for tool in tools.iter().filter(|tool| tool.borrows_a_credential()) {
            mistakes.extend(self.mistake_of(tool, has_tokens));
        }
        mistakes
    }

    fn mistake_of(&self, tool: &Registered, has_tokens: bool) -> Option<String> {
        let spec = tool.spec();
        let name = spec.name;
        if let Access::AnyCaller = spec.access {
            return Some(format!(
                "tool `{name}` is `any_caller` and borrows `&Credential`: a credential is minted \
                 for the tool's scopes, and it has none; write `scope = \"…\"`"
            ));
        }
        let Some(minter) = self.of(name) else {
            return Some(format!(
                "tool `{name}` borrows `&Credential`, and nothing mints one: add `.credentials(…)`, \
                 for example with `EnvironmentCredential::new(\"PAYMENTS_TOKEN\")?`"
            ));
        };
        (minter.acts_for() == ActsFor::SubjectToken && !has_tokens).then(|| {
            format!(
                "the credentials of tool `{name}` are exchanged for callers' tokens, and on stdio \
                 a caller has none: add `.http(…)` and `.authenticate(…)`, or a source that acts \
                 for the server"
            )
        })
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Minter>> {
        self.for_all.iter().chain(self.for_one.values())
    }
}
