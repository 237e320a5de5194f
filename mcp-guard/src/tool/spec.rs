//! What an attribute says, as constants.

use std::time::Duration;

use crate::schema::escape;

/// Everything that `#[guarded_tool(...)]` says of one function.
#[derive(Debug, Clone, Copy)]
pub struct ToolSpec {
    /// The name on the wire.
    pub name: &'static str,
    /// A name for people.
    pub title: Option<&'static str>,
    /// The function's doc comment.
    pub description: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether its own function decides on each call: `authorize = ...`.
    pub authorizes: bool,
    /// Whether it changes something.
    pub effect: EffectClass,
    /// The limits of its parameters.
    pub limits: &'static [LimitSpec],
    /// What many calls together may take.
    pub budgets: &'static [BudgetSpec],
    /// The members of its result that are for callers with a scope.
    pub redactions: &'static [RedactSpec],
    /// The rules that are written above its parameters.
    pub restrictions: &'static [RestrictionSpec],
    /// How long the body may take; `None` takes the guard's default.
    pub timeout: Option<Duration>,
    /// MCP's `destructiveHint`, for a tool that changes something.
    pub destructive: bool,
    /// MCP's `openWorldHint`.
    pub open_world: bool,
}

impl ToolSpec {
    /// Every scope that the attribute asks for: to call it, for a tier of a limit, to be shown all.
    pub(crate) fn scopes(&'static self) -> impl Iterator<Item = &'static str> {
        let tiers = self.limits.iter().filter_map(|limit| limit.scope);
        let shown = self.redactions.iter().map(|redaction| redaction.scope);
        self.access.scopes().iter().copied().chain(tiers).chain(shown)
    }
}

/// Who may call a tool.
#[derive(Debug, Clone, Copy)]
pub enum Access {
    /// Any caller that is identified.
    AnyCaller,
    /// Callers that hold all of these scopes.
    Scopes(&'static [&'static str]),
}

impl Access {
    /// The scopes that are required.
    pub(crate) fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::AnyCaller => &[],
            Self::Scopes(required) => required,
        }
    }
}

/// Whether a tool changes something.
#[derive(Debug, Clone, Copy)]
pub enum EffectClass {
    /// It changes nothing: no key, no record.
    ReadOnly,
    /// It changes something, at most once for each key.
    Idempotent(IdempotentSpec),
}

/// How a tool's idempotency keys are kept. `None` takes the guard's default.
#[derive(Debug, Clone, Copy)]
pub struct IdempotentSpec {
    /// How long the recorded answer can be replayed.
    pub retain: Option<Duration>,
    /// How long a key is remembered after its answer has gone.
    pub tombstone: Option<Duration>,
    /// How long a claim stands without a heartbeat.
    pub lease: Option<Duration>,
    /// What a second call is told while the first is under way.
    pub in_flight: InFlight,
    /// What happens when it is not known whether an earlier call acted.
    pub on_unknown: OnUnknown,
    /// The arguments, by their names on the wire, that say what an operation is about: no two
    /// operations with the same values are carried out. Empty: the client's key alone decides.
    pub business_key: &'static [&'static str],
    /// Whether the body marks the moment before which nothing can have been done, with
    /// [`Effect::dispatch`](crate::Effect::dispatch).
    pub dispatches: bool,
    /// Whether claim, effect and record are one transaction of the store.
    pub transaction: bool,
}

/// What a second call with the same key is told while the first is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InFlight {
    /// `in_flight`, at once.
    Refuse,
    /// Wait so long for the first one's answer, then `in_flight`.
    Wait(Duration),
}

/// What happens when it is not known whether an earlier attempt acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// Say so and do nothing.
    Refuse,
    /// Run the body again: its backend deduplicates on [`Effect::key`](crate::Effect::key).
    Retry,
    /// Ask [`Tool::reconcile`](crate::Tool::reconcile), on the next call and in the background.
    Reconcile,
}

/// A member of the result that callers without a scope are answered without.
#[derive(Debug, Clone, Copy)]
pub struct RedactSpec {
    /// Its place: the names on the wire, from the result inwards. In a list, it is that of every item.
    pub path: &'static [&'static str],
    /// The scope that a caller needs to be shown it.
    pub scope: &'static str,
}

impl RedactSpec {
    /// Its place as a JSON pointer (RFC 6901), without the places in lists and the keys of maps.
    pub(crate) fn pointer(&self) -> String {
        self.path.iter().fold(String::new(), |pointer, name| pointer + "/" + &escape(name))
    }
}

/// A rule of `#[schemars(...)]` above a parameter, which its type's schema must have taken up.
#[derive(Debug, Clone, Copy)]
pub struct RestrictionSpec {
    /// The parameter, by its name on the wire.
    pub parameter: &'static str,
    /// The rule, by its way inwards: `["range"]`, or `["inner", "length"]` for that of a list's items.
    pub rule: &'static [&'static str],
}

/// The limit of one parameter.
#[derive(Debug, Clone, Copy)]
pub struct LimitSpec {
    /// The parameter.
    pub parameter: &'static str,
    /// The highest value that is allowed.
    pub max: i128,
    /// The lowest value that is allowed, where the attribute implies one (`max_amount`: 0).
    pub min: Option<i128>,
    /// The scope that a caller needs for this limit to be theirs; `None`: everyone's.
    pub scope: Option<&'static str>,
}

/// What the calls of a tool may take together within a time.
#[derive(Debug, Clone, Copy)]
pub struct BudgetSpec {
    /// The parameter that is summed; `None`: calls are counted.
    pub parameter: Option<&'static str>,
    /// The highest sum: at most [`MAX_CAP`](crate::store::MAX_CAP).
    pub max: u64,
    /// The time. It rolls: any stretch of this length counts, not a day of the calendar.
    pub per: Duration,
    /// Whose calls are counted together.
    pub of: BudgetOf,
}

/// Whose calls a budget counts together. Calls of other tools are never counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetOf {
    /// Each caller's: tenant, issuer and subject.
    Caller,
    /// Each tenant's. Callers without a tenant are counted together.
    Tenant,
    /// Everyone's.
    Tool,
    /// Those of a tenant with the same value of this argument, by its name on the wire.
    Parameter(&'static str),
}
