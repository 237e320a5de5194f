//! What all attacks share: the way to the server, what is known of it, and the judge.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{
    answer::Answer,
    attack::{Attack, Need},
    goal::Goal,
    known::Known,
    ledger::{EffectLedger, LedgerEntry},
    link::{Begun, Link, Message, Role},
    scan::Scanner,
};
use crate::{clock::ManualClock, guard::Core};

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

/// How many times as long as a right call, on the average, a call may take that nobody can wait for.
const SLOWER: u32 = 3;

/// How often a guard in this process must be seen idle.
const LOOKS: u32 = 4;

/// Why a server may not be at rest.
#[derive(Default)]
pub(super) struct Unrest {
    /// Calls whose answers nobody has waited for.
    pub(super) begun: Vec<Begun>,
    /// Whether there are, or were, any.
    pub(super) hurried: bool,
    /// Whether a call was left that nobody can wait for any more.
    pub(super) left: bool,
}

pub(super) struct Field {
    pub(super) link: Link,
    pub(super) tools: Vec<Known>,
    /// What the lists of tools were answered with.
    pub(super) listed: Vec<Answer>,
    pub(super) goals: Vec<Goal>,
    pub(super) ledger: Option<Arc<dyn EffectLedger>>,
    pub(super) clock: Option<Arc<ManualClock>>,
    pub(super) trouble: Option<(Vec<Trouble>, Troublemaker)>,
    pub(super) scanner: Scanner,
    pub(super) patience: Duration,
    pub(super) settling: Duration,
    pub(super) seed: u64,
    /// What tells the keys of this run from those of others, where a server may know them.
    pub(super) run: String,
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
        self.in_time(self.link.exchange(who, message)).await
    }

    /// The same in a session of its own.
    pub(super) async fn aside(&self, who: (Role, u64), version: &str, message: Message) -> Answer {
        self.in_time(self.link.aside(who, version, message)).await
    }

    async fn in_time(&self, asked: impl Future<Output = io::Result<Answer>>) -> Answer {
        match timeout(self.patience, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => Answer::nothing(&error.to_string()),
            Err(_) => Answer::nothing(&format!("no answer within {:?}", self.patience)),
        }
    }

    /// Sends a request, and does not wait for its answer.
    pub(super) async fn begin(&self, who: (Role, u64), id: u64, message: Message) -> Option<Begun> {
        timeout(self.patience, self.link.begin(who, id, message)).await.ok()?.ok()
    }

    /// Sends a request in a session of its own, and goes away after so many steps.
    pub(super) async fn desert(&self, who: (Role, u64), id: u64, message: Message, steps: u64) {
        // A session that cannot be opened shows in the calls that follow.
        let _ = timeout(self.patience * 2, self.link.desert(who, id, message, steps)).await;
    }

    /// The answer to a ping, if it is one.
    pub(super) async fn ping(&self, who: (Role, u64)) -> Option<Answer> {
        let id = self.id();
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let answer = self.exchange(who, Message::request(id, text)).await;
        answer.answers(id).then_some(answer)
    }

    /// The tools that a role is shown, from a cursor on.
    pub(super) async fn list(&self, who: (Role, u64), cursor: Option<&str>) -> Answer {
        let params = cursor.map_or_else(|| json!({}), |cursor| json!({"cursor": cursor}));
        let id = self.id();
        let text =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list","params":{params}}}"#);
        self.exchange(who, Message::request(id, text)).await
    }

    /// Waits until what was begun has ended, however it was left. Gives what was answered.
    pub(super) async fn come_to_rest(&self, tool: &Known, unrest: Unrest) -> Vec<Answer> {
        let Unrest { begun, hurried, mut left } = unrest;
        if let Link::Within(within) = &self.link {
            idle(within.guard.core(), if hurried { LOOKS } else { 1 }).await;
            return begun.into_iter().filter_map(Begun::so_far).collect();
        }
        let (due, cancelled): (Vec<_>, Vec<_>) = begun.into_iter().partition(|begun| begun.is_due);
        left |= !cancelled.is_empty();
        let mut answers = Vec::new();
        for begun in due {
            let answer = self.in_time(begun.answer().map(Ok)).await;
            left |= answer.is_missing();
            answers.push(answer);
        }
        if left {
            self.settle(tool.pace.mean() * SLOWER).await;
        }
        answers.extend(cancelled.into_iter().filter_map(Begun::so_far));
        answers
    }

    /// Waits until the ledger has stood still for some time: at least as long as was said, or as this.
    async fn settle(&self, at_least: Duration) {
        let Some(ledger) = &self.ledger else { return };
        let (still, began) = (self.settling.max(at_least), Instant::now());
        let known = || ledger.effects(self.judged.load(Ordering::Relaxed)).len();
        let mut seen = known();
        while began.elapsed() < self.patience.max(still) {
            sleep(still).await;
            let now = known();
            if now == seen {
                return;
            }
            seen = now;
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
        let needs = attack.needs();
        // What the tool lacks that lacks least is the reason.
        let (mut aims, mut furthest) = (Vec::new(), None);
        for (place, tool) in self.tools.iter().enumerate() {
            match needs.iter().position(|need| !self.has(*need, tool)) {
                None => aims.push(place),
                missing => furthest = furthest.max(missing),
            }
        }
        if aims.is_empty() {
            let missing = furthest.map(|place| needs[place].missing());
            return Err(missing.unwrap_or("the server lists no tools"));
        }
        Ok(aims)
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
            Need::Hidden => tool.hidden,
            Need::Foreign => !tool.foreign.is_empty(),
        }
    }
}

/// Waits until a guard was seen idle so often: what was just read takes a moment to become a call.
async fn idle(guard: &Core, mut looks: u32) {
    loop {
        looks -= u32::from(guard.is_idle());
        if looks == 0 {
            return;
        }
        sleep(Duration::from_micros(200)).await;
    }
}
