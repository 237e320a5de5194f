//! What is learned before the first attack: the way to the server, its tools, and what each is.

use std::{
    collections::BTreeMap,
    io,
    sync::atomic::{AtomicU64, AtomicUsize},
};

use tokio::sync::Mutex;

use super::{
    builder::{Adversary, To},
    field::Field,
    known::Known,
    link::{Http, Link, Role, Stdio, Within},
    play::cut,
    run::AdversaryError,
    scan::Scanner,
};
use crate::tool::Access;

impl Adversary {
    pub(super) async fn take_the_field(self) -> Result<Field, AdversaryError> {
        let mut field = Field {
            link: link(self.target, self.tokens),
            tools: Vec::new(),
            goals: self.goals,
            ledger: self.ledger,
            clock: self.clock,
            trouble: self.trouble,
            foreign: self.foreign,
            scanner: Scanner::for_these(&self.canaries),
            patience: self.patience,
            seed: self.seed,
            has_sessions: false,
            next_id: AtomicU64::new(1),
            judged: AtomicUsize::new(0),
        };
        field.tools = field.listed().await?;
        field.learn_what_is_hidden().await;
        field.learn_what_the_guard_says();
        if let Some(wanted) = self.tools {
            wanted.iter().try_for_each(|tool| field.tool(tool).map(drop))?;
            field.tools.retain(|tool| wanted.contains(&tool.name));
        }
        if let Link::Http(http) = &field.link {
            field.has_sessions = http.session().await.is_some();
        }
        for tool in self.open {
            field.tool(&tool)?.open = true;
        }
        for (tool, example) in self.examples {
            field.tool(&tool)?.example = Some(example);
        }
        let goals = field.goals.iter().map(|goal| goal.tool.clone());
        let named: Vec<_> = goals.chain(field.foreign.iter().map(|of| of.0.clone())).collect();
        named.iter().try_for_each(|tool| field.tool(tool).map(drop))?;
        // What was done before is nobody's affair.
        field.new_effects();
        Ok(field)
    }
}

fn link(target: To, tokens: BTreeMap<Role, String>) -> Link {
    match target {
        To::Guard(guard, callers) => {
            Link::Within(Within { guard, callers, sessions: Mutex::default() })
        }
        To::Url(url) => Link::Http(Http::new(&url, tokens)),
        To::Command(command) => {
            let command = Mutex::new(*command);
            Link::Stdio(Stdio { command, session: Mutex::default() })
        }
    }
}

impl Field {
    async fn listed(&self) -> io::Result<Vec<Known>> {
        let answer = self.list((Role::Agent, 0)).await;
        Known::listed(&answer).ok_or_else(|| {
            let said = answer.text.map_or("nothing".into(), |text| cut(&text));
            io::Error::other(format!("the server did not list its tools, but said: {said}"))
        })
    }

    /// Learns which tools are not listed to a caller without scopes.
    async fn learn_what_is_hidden(&mut self) {
        if !self.link.has(Role::Unscoped) {
            return;
        }
        let listed = Known::listed(&self.list((Role::Unscoped, 0)).await).unwrap_or_default();
        for tool in &mut self.tools {
            tool.hidden = listed.iter().all(|other| other.name != tool.name);
        }
    }

    /// Learns what a guard in this process says of its tools.
    fn learn_what_the_guard_says(&mut self) {
        let Link::Within(within) = &self.link else { return };
        let specs = within.guard.core().toolbox().all().map(|tool| tool.spec());
        for spec in specs {
            if let Some(known) = self.tools.iter_mut().find(|known| known.name == spec.name) {
                known.open = matches!(spec.access, Access::AnyCaller);
            }
        }
    }

    fn tool(&mut self, name: &str) -> Result<&mut Known, AdversaryError> {
        let Some(place) = self.tools.iter().position(|known| known.name == name) else {
            let names: Vec<_> = self.tools.iter().map(|tool| tool.name.as_str()).collect();
            return Err(AdversaryError::NoSuchTool(name.to_owned(), names.join(", ")));
        };
        Ok(&mut self.tools[place])
    }
}
