//! What must hold, whatever goes wrong, and the history that shows that it does not.
//!
//! The judge is told what the backend did, what the store was asked and answered, and what agents
//! heard. It holds against them:
//! - [`ledger`]: no operation is carried out twice, whether it is known by its downstream key, by
//!   its agent's key or by what it is about; no budget is exceeded in any window; nobody who was
//!   told that nothing was done was told a lie.
//! - [`claims`]: no attempt is let in while another one may still act; nothing is recorded as done
//!   before it was; nobody resolves an attempt that is alive.
//! - [`answers`]: a success names its own effect, and comes again byte for byte; every refusal has
//!   a reason, and every unknown outcome something that went wrong.
//! - [`aftermath`]: once nothing goes wrong any more, everything settles, and every effect is
//!   recorded, or known to be unknown.

mod aftermath;
mod answers;
mod claims;
mod ledger;

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Write as _},
};

use mcp_guard::{
    Reply,
    store::{OperationId, Owner},
};

pub(super) use self::{answers::Said, claims::Written};
use self::{claims::Grant, ledger::Deed};
use super::{
    intent::Intent,
    plan::{Fault, Plan},
    time::Moment,
};

/// A call, by the order in which they were made.
pub(super) type CallId = usize;

/// Something that must not be.
#[derive(Debug, Clone)]
pub struct Violation {
    /// What does not hold.
    pub check: &'static str,
    /// Of what.
    pub detail: String,
}

/// How often what happened in an episode.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Calls of tools.
    pub calls: u64,
    /// Entries of the ledger.
    pub effects: u64,
    /// Answers that an outcome is unknown.
    pub unknown: u64,
    /// Answers that repeat an earlier one.
    pub replays: u64,
    /// What went wrong.
    pub faults: BTreeMap<Fault, u64>,
}

impl Tally {
    /// Adds another episode's.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.effects += other.effects;
        self.unknown += other.unknown;
        self.replays += other.replays;
        for (fault, times) in &other.faults {
            *self.faults.entry(*fault).or_default() += times;
        }
    }
}

/// One call, as it went.
struct CallRecord {
    intent: Intent,
    place: usize,
    began: Moment,
    /// When it was answered, or its replica was seen to be gone.
    ended: Option<Moment>,
    said: Option<Said>,
    /// Whether something went wrong that may have kept its outcome from being known.
    is_disturbed: bool,
    is_lost: bool,
}

/// The judge of one episode.
pub(super) struct Judge {
    plan: Plan,
    calls: Vec<CallRecord>,
    deeds: Vec<Deed>,
    grants: Vec<Grant>,
    owners: HashMap<Owner, CallId>,
    operations: Vec<OperationId>,
    /// The answer that names an entry of the ledger.
    receipts: HashMap<u64, String>,
    history: String,
    violations: Vec<Violation>,
    tally: Tally,
}

impl Judge {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            calls: Vec::new(),
            deeds: Vec::new(),
            grants: Vec::new(),
            owners: HashMap::new(),
            operations: Vec::new(),
            receipts: HashMap::new(),
            history: String::new(),
            violations: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Writes a line of history.
    pub(super) fn note(&mut self, now: Moment, line: fmt::Arguments<'_>) {
        // Writing to a `String` has no error to report.
        let _ = writeln!(self.history, "{:>8} ms  {line}", now.at);
    }

    /// Something goes wrong, and these calls may suffer from it.
    pub(super) fn fault(
        &mut self,
        fault: Fault,
        calls: impl IntoIterator<Item = CallId>,
        now: Moment,
    ) {
        let calls: Vec<_> = calls.into_iter().collect();
        self.note(now, format_args!("FAULT {fault:?} {calls:?}"));
        *self.tally.faults.entry(fault).or_default() += 1;
        if fault.leaves_doubt() {
            for call in calls {
                self.calls[call].is_disturbed = true;
            }
        }
    }

    /// The calls under way, at one replica or at all.
    pub(super) fn under_way(&self, place: Option<usize>) -> Vec<CallId> {
        let is_there = |call: &CallRecord| place.is_none_or(|place| call.place == place);
        (0..self.calls.len())
            .filter(|call| self.calls[*call].ended.is_none() && is_there(&self.calls[*call]))
            .collect()
    }

    pub(super) fn called(&mut self, intent: Intent, place: usize, now: Moment) -> CallId {
        let call = self.calls.len();
        self.tally.calls += 1;
        self.note(now, format_args!("call {call} at replica {place}: {intent}"));
        self.calls.push(CallRecord {
            intent,
            place,
            began: now,
            ended: None,
            said: None,
            is_disturbed: false,
            is_lost: false,
        });
        call
    }

    pub(super) fn intent(&self, call: CallId) -> Intent {
        self.calls[call].intent
    }

    /// A call's replica has died.
    pub(super) fn lost(&mut self, call: CallId, now: Moment) {
        self.note(now, format_args!("call {call} is lost"));
        let record = &mut self.calls[call];
        (record.ended, record.is_lost, record.is_disturbed) = (Some(now), true, true);
    }

    /// A call was told that there is no such tool.
    pub(super) fn tool_denied(&mut self, call: CallId, now: Moment) {
        self.calls[call].ended = Some(now);
        self.violate("a tool is there for those who may call it", format!("call {call}"), now);
    }

    /// A call was answered.
    pub(super) fn answered(&mut self, call: CallId, reply: &Reply, now: Moment) -> Said {
        let said = Said::of(reply);
        self.note(now, format_args!("call {call} is told {said}"));
        self.tally.unknown += u64::from(said.is_unknown());
        self.tally.replays += u64::from(said.is_replay);
        let record = &mut self.calls[call];
        (record.ended, record.said) = (Some(now), Some(said.clone()));
        self.check_answer(call, now);
        said
    }

    fn violate(&mut self, check: &'static str, detail: String, now: Moment) {
        self.note(now, format_args!("VIOLATION {check}: {detail}"));
        self.violations.push(Violation { check, detail });
    }

    /// Whether something went wrong for a call with the same key or about the same.
    fn is_explained(&self, call: CallId) -> bool {
        let intent = self.calls[call].intent;
        self.calls.iter().any(|other| {
            other.is_disturbed
                && (other.intent.has_key_of(&intent) || other.intent.is_about(&intent))
        })
    }

    /// The verdict.
    pub(super) fn finish(&mut self) -> (Tally, Vec<Violation>, String) {
        self.tally.effects = u64::try_from(self.deeds.len()).unwrap_or(u64::MAX);
        (
            std::mem::take(&mut self.tally),
            std::mem::take(&mut self.violations),
            std::mem::take(&mut self.history),
        )
    }
}

impl Fault {
    /// Whether an outcome may become unknown by it.
    fn leaves_doubt(self) -> bool {
        !matches!(
            self,
            Self::BackendSlow | Self::BackendBusy | Self::ReplyLost | Self::ClockBackward
        )
    }
}
