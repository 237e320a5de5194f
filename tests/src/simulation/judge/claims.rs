//! What the store was asked, and answered.

use mcp_guard::store::{
    Attempt, Claim, Claimed, Fenced, Inspected, OperationId, Owner, Settlement, record::State,
};

use super::{CallId, Judge};
use crate::simulation::{intent::millis, time::Moment};

/// An attempt that was let in.
pub(super) struct Grant {
    pub(super) operation: usize,
    pub(super) epoch: u32,
    pub(super) owner: Owner,
    pub(super) call: CallId,
    pub(super) at: Moment,
    /// When its lease began: the last moment at which it was extended. Several where an attempt claimed
    /// more than once, and the clock leaves open which of its leases is the one that stands.
    pub(super) leased: Vec<Moment>,
    pub(super) lease: i64,
    /// Whether it is the operation of the call's own key, not one that it takes over.
    pub(super) is_of_own_key: bool,
    /// Nothing can have been done as yet.
    pub(super) is_tentative: bool,
    /// Whether its lease may run out to "unknown" nonetheless: the store was asked twice for it, and
    /// the clock leaves open which of the two claims stands.
    pub(super) may_be_firm: bool,
    pub(super) verdict: Option<Verdict>,
}

/// What the store was told of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Done,
    Refused,
    NothingDone,
    Unknown,
}

/// What was written of an attempt.
#[derive(Debug, Clone)]
pub(in crate::simulation) enum Written {
    Renewed,
    Dispatched,
    Settled(Settlement),
    Resolved(Settlement),
}

impl Grant {
    /// The most by which a clock of the store's can have moved since its lease began.
    fn at_most_leased(&self, now: Moment) -> i64 {
        self.leased.iter().map(|began| now.at_most_since(*began)).max().unwrap_or(i64::MAX)
    }

    /// The least by which a clock of the store's can have moved since its lease began.
    pub(super) fn at_least_leased(&self, now: Moment) -> i64 {
        self.leased.iter().map(|began| now.at_least_since(*began)).min().unwrap_or(i64::MIN)
    }

    /// Whether a lease that nobody extended may have run out.
    fn may_have_lapsed(&self, spread: i64, now: Moment) -> bool {
        self.at_most_leased(now) >= self.lease - spread
    }

    /// Whether a lease that nobody extended has run out for certain.
    fn has_lapsed(&self, spread: i64, now: Moment) -> bool {
        self.at_least_leased(now) >= self.lease + spread
    }

    /// Those of its leases that may stand.
    fn standing(&self, spread: i64, now: Moment) -> impl Iterator<Item = Moment> {
        let end = self.lease + spread;
        self.leased.iter().copied().filter(move |began| now.at_least_since(*began) < end)
    }

    /// Whether a lease that nobody extended has run out for certain, with nothing done.
    pub(super) fn has_lapsed_unused(&self, spread: i64, now: Moment) -> bool {
        self.is_tentative
            && !self.may_be_firm
            && self.verdict.is_none()
            && self.has_lapsed(spread, now)
    }
}

impl Verdict {
    fn of(settlement: &Settlement) -> Self {
        match settlement {
            Settlement::Recorded { acted: true, .. } => Self::Done,
            Settlement::Recorded { .. } => Self::Refused,
            Settlement::Released { .. } => Self::NothingDone,
            _ => Self::Unknown,
        }
    }
}

impl Judge {
    /// An attempt is about to claim: whose it is.
    pub(in crate::simulation) fn claims(
        &mut self,
        owner: Owner,
        operation: OperationId,
        current: Option<CallId>,
    ) -> Option<CallId> {
        self.number(operation);
        if let Some(call) = current {
            self.owners.entry(owner).or_insert(call);
        }
        self.call_of(owner)
    }

    /// The call that an attempt belongs to.
    pub(in crate::simulation) fn call_of(&self, owner: Owner) -> Option<CallId> {
        self.owners.get(&owner).copied()
    }

    /// The last attempt of a call that was let in.
    pub(super) fn latest_grant(&self, call: CallId) -> Option<&Grant> {
        self.grants.iter().rev().find(|grant| grant.call == call)
    }

    /// The store has answered a claim.
    pub(in crate::simulation) fn claimed(&mut self, claim: &Claim, claimed: &Claimed, now: Moment) {
        let Some(call) = self.call_of(claim.owner) else { return };
        let lease = match claimed {
            Claimed::Granted(lease) => lease,
            Claimed::Stands(standing) => {
                let standing = format!("{standing:?}");
                let kind = standing.split(['(', ' ']).next().unwrap_or_default();
                return self.note(now, format_args!("store: the claim of call {call}: {kind}"));
            }
        };
        let operation = self.number(lease.attempt.operation);
        let epoch = lease.attempt.epoch;
        self.note(
            now,
            format_args!("store: call {call} is granted operation {operation}, attempt {epoch}"),
        );
        let spread = self.plan.spread();
        let known = self.grants.iter().rev().find(|grant| {
            grant.owner == claim.owner && grant.operation == operation && grant.epoch == epoch
        });
        // Its own claim again, after a lost acknowledgement; unless that one lapsed unused.
        let known = known.filter(|grant| grant.verdict.is_none());
        if known.is_some_and(|it| !(it.is_tentative && it.may_have_lapsed(spread, now))) {
            return;
        }
        let known = known.filter(|grant| !grant.has_lapsed_unused(spread, now));
        let leased =
            known.into_iter().flat_map(|it| it.standing(spread, now)).chain([now]).collect();
        let may_be_known = known.is_some();
        let is_tentative = claim.tentative && (epoch == 1 || !self.is_retaken(operation));
        self.check_may_enter(call, operation, claim.owner, now);
        self.grants.push(Grant {
            operation,
            epoch,
            owner: claim.owner,
            call,
            at: now,
            leased,
            lease: millis(lease.length),
            is_of_own_key: claim.operation == lease.attempt.operation,
            is_tentative: is_tentative || may_be_known,
            may_be_firm: !is_tentative,
            verdict: None,
        });
    }

    /// Whether an earlier attempt at an operation may have acted.
    fn is_retaken(&self, operation: usize) -> bool {
        self.grants.iter().any(|grant| {
            grant.operation == operation
                && match grant.verdict {
                    None => !grant.is_tentative,
                    Some(verdict) => verdict == Verdict::Unknown,
                }
        })
    }

    /// Nobody else may act who would do the same.
    fn check_may_enter(&mut self, call: CallId, operation: usize, owner: Owner, now: Moment) {
        let intent = self.calls[call].intent;
        let spread = self.plan.spread();
        let repeats = intent.spec().on_unknown == mcp_guard::OnUnknown::Retry;
        let remembered = intent.remembered(&self.plan) - spread;
        let is_in_the_way = |grant: &&Grant| {
            let same = grant.operation == operation;
            if grant.owner == owner || !same && !self.calls[grant.call].intent.is_about(&intent) {
                return false;
            }
            match grant.verdict {
                None if grant.is_tentative => !grant.may_have_lapsed(spread, now),
                None => !(same && repeats && grant.may_have_lapsed(spread, now)),
                Some(Verdict::Unknown) => !(same && repeats),
                Some(Verdict::NothingDone) => false,
                Some(Verdict::Done) => grant.at_most_leased(now) < remembered,
                Some(Verdict::Refused) => same && grant.at_most_leased(now) < remembered,
            }
        };
        // What an attempt left behind is overtaken by what a later one did at the same operation.
        let blocking = self
            .grants
            .iter()
            .enumerate()
            .filter(|(place, grant)| {
                !self.grants[place + 1..].iter().any(|later| later.operation == grant.operation)
            })
            .map(|(_, grant)| grant)
            .find(is_in_the_way);
        if let Some(grant) = blocking {
            let detail = format!(
                "call {call} is let in at operation {operation}, and call {} at operation {} may act",
                grant.call, grant.operation
            );
            self.violate("one attempt at a time", detail, now);
        }
    }

    /// The store has written something of an attempt, or refused to.
    pub(in crate::simulation) fn wrote(
        &mut self,
        attempt: Attempt,
        written: &Written,
        fenced: Fenced,
        before: Option<Inspected>,
        now: Moment,
    ) {
        let operation = self.number(attempt.operation);
        let call = self.call_of(attempt.owner);
        let what = match written {
            Written::Renewed => "renewed".to_owned(),
            Written::Dispatched => "dispatched".to_owned(),
            Written::Settled(settlement) => format!("settled as {:?}", Verdict::of(settlement)),
            Written::Resolved(settlement) => format!("resolved as {:?}", Verdict::of(settlement)),
        };
        self.note(now, format_args!("store: operation {operation} of {call:?} {what}: {fenced:?}"));
        if fenced == Fenced::Superseded {
            return;
        }
        self.check_is_current(attempt, operation, written, now);
        if let Written::Settled(settlement) | Written::Resolved(settlement) = written {
            self.check_settlement(operation, written, Verdict::of(settlement), before, now);
        }
        let grant = self
            .grants
            .iter_mut()
            .rev()
            .find(|grant| grant.operation == operation && grant.owner == attempt.owner);
        let Some(grant) = grant else { return };
        // A settlement that is repeated changes nothing.
        if matches!(grant.verdict, None | Some(Verdict::Unknown)) {
            grant.leased = vec![now];
        }
        match written {
            Written::Renewed => {}
            Written::Dispatched => (grant.is_tentative, grant.may_be_firm) = (false, true),
            Written::Settled(settlement) | Written::Resolved(settlement) => {
                grant.verdict = Some(Verdict::of(settlement));
            }
        }
    }

    /// Only the latest attempt is written of, and its lease is what it seems.
    fn check_is_current(
        &mut self,
        attempt: Attempt,
        operation: usize,
        written: &Written,
        now: Moment,
    ) {
        let latest = self.grants.iter().rev().find(|grant| grant.operation == operation);
        let Some(grant) = latest else { return };
        let is_over = grant.verdict.is_none() && grant.has_lapsed(self.plan.spread(), now);
        let wrong = match written {
            _ if grant.owner != attempt.owner => Some("nobody writes of a successor's attempt"),
            Written::Dispatched if is_over => Some("what has lapsed is not begun"),
            Written::Renewed if is_over && grant.is_tentative && !grant.may_be_firm => {
                Some("what has lapsed is not begun")
            }
            Written::Settled(_) if is_over && !self.calls[grant.call].is_disturbed => {
                Some("the lease of a body that runs is renewed")
            }
            _ => None,
        };
        if let Some(check) = wrong {
            self.violate(check, format!("operation {operation}: {written:?}"), now);
        }
    }

    /// What is recorded is so.
    fn check_settlement(
        &mut self,
        operation: usize,
        written: &Written,
        verdict: Verdict,
        before: Option<Inspected>,
        now: Moment,
    ) {
        let is_done = self.deeds.iter().any(|deed| deed.operation == Some(operation));
        if verdict == Verdict::Done && !is_done {
            let detail = format!("operation {operation}");
            self.violate("nothing is recorded as done before it was", detail, now);
        }
        if let (Written::Resolved(_), Some(Inspected { record, now: read, .. })) = (written, before)
            && matches!(record.state, State::Claimed { until, .. } if read < until)
        {
            let detail = format!("operation {operation}");
            self.violate("nobody resolves what is under way", detail, now);
        }
    }

    /// The number of an operation.
    pub(super) fn number(&mut self, operation: OperationId) -> usize {
        self.operations.iter().position(|known| *known == operation).unwrap_or_else(|| {
            self.operations.push(operation);
            self.operations.len() - 1
        })
    }
}
