//! What all attacks share: the way to the server, what is known of it, and the judge.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::time::timeout;

use super::{
    answer::Answer,
    attack::{Attack, Need},
    goal::Goal,
    known::Known,
    ledger::{EffectLedger, LedgerEntry},
    link::{Link, Message, Role},
    scan::Scanner,
};
use crate::clock::ManualClock;

/// What is done to the backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// The next call's effect fails before it happens, with an error.
    FailBefore,
    /// It happens, and then there is an error.
    FailAfter,
    /// The body of the next call panics before its effect.
    PanicBefore,
    /// It panics after it.
    PanicAfter,
    /// All is well again.
    None,
}

impl Trouble {
    pub(super) const FAILURES: &'static [Self] = &[Self::FailBefore, Self::FailAfter];
    pub(super) const PANICS: &'static [Self] = &[Self::PanicBefore, Self::PanicAfter];
}

/// Makes the backend fail.
pub(super) type Troublemaker = Box<dyn Fn(Trouble) -> BoxFuture<'static, ()> + Send + Sync>;

/// How long a server that is not in this process takes to come to rest after a call that nobody waited
/// for.
const SETTLING: Duration = Duration::from_millis(50);

/// How often a guard in this process must be seen idle.
const LOOKS: u32 = 4;

pub(super) struct Field {
    pub(super) link: Link,
    pub(super) tools: Vec<Known>,
    pub(super) goals: Vec<Goal>,
    pub(super) ledger: Option<Arc<dyn EffectLedger>>,
    pub(super) clock: Option<Arc<ManualClock>>,
    pub(super) trouble: Option<(Vec<Trouble>, Troublemaker)>,
    pub(super) foreign: Option<(String, Value)>,
    pub(super) scanner: Scanner,
    pub(super) patience: Duration,
    pub(super) seed: u64,
    pub(super) has_sessions: bool,
    /// The ids of messages. 0 is the greeting's.
    pub(super) next_id: AtomicU64,
    /// Entries of the ledger that have been judged.
    pub(super) judged: AtomicUsize,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("tools", &self.tools).finish_non_exhaustive()
    }
}

impl Field {
    pub(super) fn id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a message, and waits for its answer as long as anybody would.
    pub(super) async fn exchange(&self, who: (Role, u64), message: Message) -> Answer {
        let asked = timeout(self.patience, self.link.exchange(who, message)).await;
        asked.ok().and_then(Result::ok).unwrap_or_default()
    }

    /// The same in a session of its own.
    pub(super) async fn aside(
        &self,
        who: (Role, u64),
        version: &str,
        message: Message,
        wait: bool,
    ) -> Answer {
        let asked = timeout(self.patience, self.link.aside(who, version, message, wait)).await;
        asked.ok().and_then(Result::ok).unwrap_or_default()
    }

    /// Whether the server answers a ping.
    pub(super) async fn pings(&self, who: (Role, u64)) -> bool {
        let id = self.id();
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        self.exchange(who, Message::request(id, text)).await.answers(id)
    }

    /// The tools that a role is shown.
    pub(super) async fn list(&self, who: (Role, u64)) -> Answer {
        let id = self.id();
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list","params":{{}}}}"#);
        self.exchange(who, Message::request(id, text)).await
    }

    /// Waits until what was begun has ended, however it was left.
    pub(super) async fn come_to_rest(&self, hurried: bool) {
        match &self.link {
            Link::Within(within) => {
                // What was just read takes a moment to become a call.
                let core = within.guard.core();
                let mut looks = if hurried { LOOKS } else { 1 };
                while looks > 0 {
                    if core.is_idle() {
                        looks -= 1;
                    }
                    if looks > 0 {
                        tokio::time::sleep(Duration::from_micros(200)).await;
                    }
                }
            }
            Link::Stdio(_) | Link::Http(_) if hurried => tokio::time::sleep(SETTLING).await,
            Link::Stdio(_) | Link::Http(_) => {}
        }
    }

    /// The effects that nobody has judged yet.
    pub(super) fn new_effects(&self) -> Vec<LedgerEntry> {
        let Some(ledger) = &self.ledger else { return Vec::new() };
        let effects = ledger.effects(self.judged.load(Ordering::Relaxed));
        self.judged.fetch_add(effects.len(), Ordering::Relaxed);
        effects
    }

    pub(super) fn goal_of(&self, tool: &Known) -> Option<&Goal> {
        self.goals.iter().find(|goal| goal.tool == tool.name)
    }

    /// Makes the backend fail in this way, if it can.
    pub(super) async fn make_trouble(&self, trouble: Trouble) -> bool {
        match &self.trouble {
            Some((ways, make)) if trouble == Trouble::None || ways.contains(&trouble) => {
                make(trouble).await;
                true
            }
            _ => false,
        }
    }

    /// The ways of these in which the backend can be made to fail.
    pub(super) fn troubles(&self, among: &[Trouble]) -> Vec<Trouble> {
        let ways = self.trouble.iter().flat_map(|(ways, _)| ways);
        ways.copied().filter(|way| among.contains(way)).collect()
    }

    /// Which tools an attack can be made on, or why on none.
    pub(super) fn aims(&self, attack: Attack) -> Result<Vec<usize>, &'static str> {
        let mut why = "the server lists no tools";
        let mut aims = Vec::new();
        for (place, tool) in self.tools.iter().enumerate() {
            match attack.needs().iter().find(|need| !self.has(**need, tool)) {
                None => aims.push(place),
                Some(need) => why = need.missing(),
            }
        }
        if aims.is_empty() { Err(why) } else { Ok(aims) }
    }

    fn has(&self, need: Need, tool: &Known) -> bool {
        let goal = self.goal_of(tool);
        match need {
            Need::Mutation => !tool.read_only,
            Need::Maximum => tool.own().any(|of| of.is_integer() && of.maximum.is_some()),
            Need::Minimum => tool.own().any(|of| of.is_integer() && of.minimum.is_some()),
            Need::Integer => tool.own().any(super::known::Argument::is_integer),
            Need::Text => tool.own().any(|of| of.free),
            Need::Choice => tool.own().any(|of| !of.choice.is_empty()),
            Need::Key => tool.key.is_some(),
            Need::Total => goal.is_some_and(|goal| goal.in_all.is_some() && goal.wants.is_some()),
            Need::Once => goal.is_some_and(|goal| !goal.once_for.is_empty()),
            Need::Goal => goal.is_some(),
            Need::Ledger => self.ledger.is_some(),
            Need::Clock => self.clock.is_some(),
            Need::Failure => !self.troubles(Trouble::FAILURES).is_empty(),
            Need::Panic => !self.troubles(Trouble::PANICS).is_empty(),
            Need::Other => self.link.has(Role::Other),
            Need::Unscoped => self.link.has(Role::Unscoped),
            Need::Scoped => !tool.open,
            Need::Nobody => self.link.has(Role::Nobody),
            Need::Http => self.link.is_http(),
            Need::Sessions => self.has_sessions,
            Need::Reopen => self.link.reopens(),
            Need::Hidden => tool.hidden,
            Need::Foreign => self.foreign.as_ref().is_some_and(|(name, _)| *name == tool.name),
        }
    }
}
