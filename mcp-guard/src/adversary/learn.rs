//! What is learned before the first attack: the way to the server, its tools, and what each is.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize},
    },
};

use serde_json::Value;
use tokio::sync::Mutex;

use super::{
    answer::Answer,
    builder::{Adversary, To},
    field::Field,
    known::{Foreign, Known},
    link::{Http, Link, Role, Stdio, Within},
    run::AdversaryError,
    scan::Scanner,
};
use crate::{
    guard::GuardedTool,
    store::Retention,
    tool::{Access, EffectClass},
};

/// The most pages of a list of tools that are read.
const PAGES: usize = 1_000;

impl Adversary {
    pub(super) async fn take_the_field(self) -> Result<Field, AdversaryError> {
        let run = match self.target {
            To::Guard(..) => String::new(),
            To::Url(_) | To::Command(_) => format!("{:08x}-", uuid::Uuid::new_v4().as_fields().0),
        };
        let mut field = Field {
            run,
            link: link(self.target, self.tokens),
            tools: Vec::new(),
            listed: Vec::new(),
            goals: self.goals,
            ledger: self.ledger,
            clock: self.clock,
            trouble: self.trouble,
            scanner: Scanner::for_these(&self.canaries),
            patience: self.patience,
            settling: self.settling,
            seed: self.seed,
            has_sessions: false,
            next_id: AtomicU64::new(1),
            judged: AtomicUsize::new(0),
        };
        field.learn_the_tools().await?;
        field.learn_what_is_hidden().await;
        field.learn_what_the_guard_says();
        if let Link::Http(http) = &field.link {
            field.has_sessions = http.session().await.is_some();
        }
        for tool in self.open {
            field.tool(&tool)?.open = true;
        }
        for (tool, example) in self.examples {
            field.tool(&tool)?.example = Some(example);
        }
        for (tool, named) in self.foreign {
            let [Value::Object(theirs), Value::Object(nobodys)] = named else {
                return Err(AdversaryError::NoArguments(tool));
            };
            field.tool(&tool)?.foreign.push(Foreign { theirs, nobodys });
        }
        let goals: Vec<_> = field.goals.iter().map(|goal| goal.tool.clone()).collect();
        goals.iter().try_for_each(|tool| field.tool(tool).map(drop))?;
        if let Some(wanted) = self.tools {
            wanted.iter().try_for_each(|tool| field.tool(tool).map(drop))?;
            field.tools.retain(|tool| wanted.contains(&tool.name));
        }
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
        To::Url(url) => Link::Http(Arc::new(Http::new(&url, tokens))),
        To::Command(command) => {
            let command = Mutex::new(*command);
            Link::Stdio(Box::new(Stdio { command, session: Mutex::default() }))
        }
    }
}

impl Field {
    async fn learn_the_tools(&mut self) -> io::Result<()> {
        self.tools = self.all_listed(Role::Agent).await.map_err(|answer| {
            let said = answer.told();
            io::Error::other(format!("the server did not list its tools, but said: {said}"))
        })?;
        Ok(())
    }

    /// Learns which tools are not listed to a caller without scopes.
    async fn learn_what_is_hidden(&mut self) {
        if !self.link.has(Role::Unscoped) {
            return;
        }
        let listed = self.all_listed(Role::Unscoped).await.unwrap_or_default();
        for tool in &mut self.tools {
            tool.hidden = listed.iter().all(|other| other.name != tool.name);
        }
    }

    /// The tools that a role is shown, on all pages; or what was said instead.
    async fn all_listed(&mut self, role: Role) -> Result<Vec<Known>, Answer> {
        let (mut tools, mut cursor) = (Vec::new(), None);
        for _ in 0..PAGES {
            let page = self.list((role, 0), cursor.as_deref()).await;
            let Some(listed) = Known::listed(&page) else { return Err(page) };
            tools.extend(listed);
            cursor = page.result()["nextCursor"].as_str().map(str::to_owned);
            self.listed.push(page);
            if cursor.is_none() {
                break;
            }
        }
        Ok(tools)
    }

    /// Learns what a guard in this process says of its tools.
    fn learn_what_the_guard_says(&mut self) {
        let Link::Within(within) = &self.link else { return };
        let core = within.guard.core();
        for spec in core.toolbox().all().map(GuardedTool::spec) {
            let Some(known) = self.tools.iter_mut().find(|known| known.name == spec.name) else {
                continue;
            };
            known.open = matches!(spec.access, Access::AnyCaller);
            if let EffectClass::Idempotent(keys) = &spec.effect {
                let Retention { retain, tombstone } = core.settings().retention(Some(keys));
                known.remembers = retain.saturating_add(tombstone);
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
