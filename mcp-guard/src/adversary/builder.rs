//! Saying what is attacked, by whom, and how it is judged.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::Value;
use tokio::process::Command;

use super::{
    attack::Attack,
    field::{Trouble, Troublemaker},
    goal::Goal,
    known::Example,
    ledger::EffectLedger,
    link::Role,
};
use crate::{caller::Caller, clock::ManualClock, guard::Guard};

/// Makes the caller of an attack, by its number.
type Callers = Box<dyn Fn(u64) -> Caller + Send + Sync>;

/// An agent that attacks a server.
///
/// See the [module](crate::adversary) for an example.
#[must_use = "an adversary does nothing until `run()`"]
pub struct Adversary {
    pub(super) target: To,
    pub(super) name: String,
    pub(super) tokens: BTreeMap<Role, String>,
    pub(super) examples: Vec<(String, Example)>,
    pub(super) goals: Vec<Goal>,
    pub(super) ledger: Option<Arc<dyn EffectLedger>>,
    pub(super) canaries: Vec<String>,
    pub(super) clock: Option<Arc<ManualClock>>,
    pub(super) trouble: Option<(Vec<Trouble>, Troublemaker)>,
    /// Of a tool: what is another caller's, and what is nobody's.
    pub(super) foreign: Vec<(String, [Value; 2])>,
    pub(super) open: Vec<String>,
    pub(super) only: Option<BTreeSet<Attack>>,
    pub(super) tools: Option<BTreeSet<String>>,
    pub(super) seed: u64,
    pub(super) attacks: u64,
    pub(super) benign: u64,
    pub(super) replay: Option<u64>,
    pub(super) patience: Duration,
    pub(super) settling: Duration,
    pub(super) enough: u64,
    pub(super) shows_progress: bool,
}

/// A server that is reached from outside: the URL of its endpoint, or the command that starts it on
/// standard input and output. A server that has ended is started again.
pub struct Target(pub(super) To);

pub(super) enum To {
    Guard(Guard, Callers),
    Url(String),
    Command(Box<Command>),
}

impl From<&str> for Target {
    fn from(url: &str) -> Self {
        Self(To::Url(url.to_owned()))
    }
}

impl From<String> for Target {
    fn from(url: String) -> Self {
        Self(To::Url(url))
    }
}

impl From<Command> for Target {
    fn from(command: Command) -> Self {
        Self(To::Command(Box::new(command)))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.0.name()).finish()
    }
}

impl To {
    fn name(&self) -> String {
        match self {
            Self::Guard(guard, _) => format!("the guard of {}", guard.core().server().name),
            Self::Url(url) => url.clone(),
            Self::Command(command) => {
                format!("`{}`", command.as_std().get_program().to_string_lossy())
            }
        }
    }
}

impl Adversary {
    /// Attacks a guard in this process. Each message walks the whole way from its bytes on: raw checks,
    /// `rmcp`, the line. There are as many callers as an attack needs.
    ///
    /// Rates count as in operation: build the guard without them, or most attacks meet nothing else.
    pub fn new(guard: &Guard) -> Self {
        Self::to(To::Guard(guard.clone(), numbered(Caller::local("adversary"))))
    }

    /// Attacks a server over the real wire: a URL, or a [`Command`] that starts it.
    ///
    /// All calls are one caller's there, whose budgets are soon spent: they must have room for the
    /// [benign calls](Self::benign), which come first, and for some twenty more of each tool. Give such a
    /// server a store and a backend of its own for each run.
    pub fn connect(target: impl Into<Target>) -> Self {
        Self::to(target.into().0)
    }

    fn to(target: To) -> Self {
        Self {
            name: target.name(),
            target,
            tokens: BTreeMap::new(),
            examples: Vec::new(),
            goals: Vec::new(),
            ledger: None,
            canaries: Vec::new(),
            clock: None,
            trouble: None,
            foreign: Vec::new(),
            open: Vec::new(),
            only: None,
            tools: None,
            seed: 1,
            attacks: 1_000,
            benign: 100,
            replay: None,
            patience: Duration::from_secs(5),
            settling: Duration::from_millis(50),
            enough: 3,
            shows_progress: false,
        }
    }

    /// The name of the server in the report.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Attacks as this caller, who may call the tools: for a guard in this process. Each attack has one
    /// of its own, the same in all but the subject and the tenant, which are numbered, so that no attack
    /// finds keys or budgets spent by another. A second caller, and one without scopes, are
    /// made of it.
    ///
    /// A budget `of = tool` is everybody's: build the guard with room in it, or attack that tool by
    /// itself. Where a check of yours goes by subject or tenant, name them with
    /// [`as_callers`](Self::as_callers).
    #[expect(clippy::wrong_self_convention, reason = "it is the adversary who acts as somebody")]
    pub fn as_caller(self, caller: Caller) -> Self {
        self.as_callers(numbered(caller))
    }

    /// The same, where the caller of an attack is told by its number.
    #[expect(clippy::wrong_self_convention, reason = "it is the adversary who acts as somebody")]
    pub fn as_callers(mut self, callers: impl Fn(u64) -> Caller + Send + Sync + 'static) -> Self {
        if let To::Guard(_, known) = &mut self.target {
            *known = Box::new(callers);
        }
        self
    }

    /// Attacks with this bearer token, of a caller who may call the tools: over HTTP.
    pub fn token(self, token: impl Into<String>) -> Self {
        self.token_of(Role::Agent, token)
    }

    /// The token of a second caller who may call the tools: over HTTP.
    pub fn other_token(self, token: impl Into<String>) -> Self {
        self.token_of(Role::Other, token)
    }

    /// A token without scopes, of the first caller if that can be: over HTTP.
    pub fn unscoped_token(self, token: impl Into<String>) -> Self {
        self.token_of(Role::Unscoped, token)
    }

    fn token_of(mut self, role: Role, token: impl Into<String>) -> Self {
        self.tokens.insert(role, token.into());
        self
    }

    /// Makes the arguments of a good call of a tool, by a number, without a key. Other numbers must make
    /// calls about other things, such as other orders, as often as there are: what was done once is
    /// rightly refused the second time. The numbers are not consecutive.
    ///
    /// Tools without one are attacked with what their schema suggests. One benign call is made of them,
    /// which is no defect where it is refused; but where nothing of a tool is accepted, the report is not
    /// [safe](super::Report::is_safe).
    pub fn example(
        mut self,
        tool: impl Into<String>,
        arguments: impl Fn(u64) -> Value + Send + Sync + 'static,
    ) -> Self {
        self.examples.push((tool.into(), Box::new(arguments)));
        self
    }

    /// Adds what the attacker wants of a tool, and may get of it. A later one for the same tool takes its
    /// place.
    pub fn goal(mut self, goal: Goal) -> Self {
        self.goals.retain(|known| known.tool != goal.tool);
        self.goals.push(goal);
        self
    }

    /// Judges by this ledger. Without one, an attack lands only by what is answered.
    pub fn judged_by(mut self, ledger: impl EffectLedger + 'static) -> Self {
        self.ledger = Some(Arc::new(ledger));
        self
    }

    /// A text that no answer may hold: a part of an internal address, a token, the text of a backend's
    /// error. It is looked for in every answer, in what comes with it (HTTP headers, notifications, events),
    /// and in the list of tools, in any case of letters.
    pub fn canary(mut self, canary: impl Into<String>) -> Self {
        self.canaries.push(canary.into());
        self
    }

    /// The clock of the store, which attacks move on, by up to 21 days at a time: so long keys must be
    /// remembered. Of a guard in this process it is known how long they are.
    pub fn clock(mut self, clock: Arc<ManualClock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Makes the backend fail in these ways. The function is told which way the next call is to meet, or
    /// [`Trouble::None`], and returns when it is so.
    pub fn trouble<F>(
        mut self,
        ways: impl IntoIterator<Item = Trouble>,
        make: impl Fn(Trouble) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let make: Troublemaker =
            Box::new(move |trouble| -> BoxFuture<'static, ()> { make(trouble).boxed() });
        self.trouble = Some((ways.into_iter().collect(), make));
        self
    }

    /// Arguments of a tool that name what is another caller's, such as `{"order_id": "ord_theirs"}`, and
    /// the same ones for what does not exist: nobody may tell the two apart. They take the place of the
    /// example's. Several can be given.
    pub fn foreign(mut self, tool: impl Into<String>, theirs: Value, nobodys: Value) -> Self {
        self.foreign.push((tool.into(), [theirs, nobodys]));
        self
    }

    /// Says that whoever is identified may call a tool, so that a caller without scopes does no wrong by
    /// it. Of a guard in this process it is known.
    pub fn open_to_all(mut self, tool: impl Into<String>) -> Self {
        self.open.push(tool.into());
        self
    }

    /// Makes these attacks and no others. The others are in the report as not asked for.
    pub fn only(mut self, attacks: impl IntoIterator<Item = Attack>) -> Self {
        self.only = Some(attacks.into_iter().collect());
        self
    }

    /// Attacks these tools and no others: where some take long, or must not be called. What is said of
    /// the others does no harm.
    pub fn tools<T: Into<String>>(mut self, tools: impl IntoIterator<Item = T>) -> Self {
        self.tools = Some(tools.into_iter().map(Into::into).collect());
        self
    }

    /// The seed of every choice. Default 1. The keys that are sent depend on it; those that a server out
    /// of process is sent are of one run besides, as it may know those of an earlier one.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many attacks are made, at least. Default 1,000.
    pub fn attacks(mut self, attacks: u64) -> Self {
        self.attacks = attacks;
        self
    }

    /// How many calls are made with which nothing is wrong, at least. Default 100. They come before the
    /// attacks, and one more of each tool after them, which may find its budget spent.
    pub fn benign(mut self, calls: u64) -> Self {
        self.benign = calls;
        self
    }

    /// Makes one attack of a run again, by its number in the report, and nothing else. The rest must be
    /// as it was in that run: the seed, the tools, what is given, and a server whose store and backend are
    /// fresh. One right call of each tool comes before it, as in every run.
    pub fn replay(mut self, number: u64) -> Self {
        self.replay = Some(number);
        self
    }

    /// How long an answer is waited for. Default 5 s.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How long the ledger of a server that is not in this process must have stood still until it is
    /// judged, where a call was cancelled or its client went away, so that nobody can wait for what it
    /// does. Default 50 ms, and never less than three times what right calls of the tool take.
    pub fn settling(mut self, settling: Duration) -> Self {
        self.settling = settling;
        self
    }

    /// After how many landings an attack is not made any more. Default 3.
    pub fn enough(mut self, landings: u64) -> Self {
        self.enough = landings;
        self
    }

    /// Tells standard error how far it has come, once a second.
    pub fn show_progress(mut self) -> Self {
        self.shows_progress = true;
        self
    }
}

fn numbered(caller: Caller) -> Callers {
    Box::new(move |number| {
        let tenant = format!("{}-{number}", caller.tenant().unwrap_or("adversary"));
        let name = format!("{}-{number}", caller.subject());
        caller.clone().with_subject(name).with_tenant(tenant)
    })
}

impl fmt::Debug for Adversary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adversary").field("name", &self.name).finish_non_exhaustive()
    }
}
