//! The record of one operation and the rules by which it moves, as pure functions.
//!
//! ```text
//! absent → claimed(epoch, owner, lease) → recorded   (the outcome is certain)
//!                                       → released   (nothing was done; fingerprint kept)
//!          lease run out, ambiguous     → unknown    → recorded | released, by its owner,
//!                                                      a reconciler or an operator
//!          lease run out, tentative     → absent
//! recorded → answer expires → spent key → forgotten → absent
//! ```
//!
//! A claimed record whose lease has run out *is* unknown: nothing has to be written for that. So a
//! clock that is set back may bring a lapsed one back, but never after another was granted what it
//! held: it has [given way](Record::gives_way_to) to that one.
//!
//! A record says by its state whether it [holds](Record::holds_business_key) its business
//! key and until when its reservations [count](Record::counts_until). What a store keeps beside the
//! records, to find them by business key and to sum them by meter, follows from the records alone.

use std::time::Duration;

use super::{
    Attempt, BusinessKey, Claim, Claimed, Fenced, Fingerprint, Lease, OperationId, Owner, Payload,
    PrincipalId, Recorded, Reservation, Retention, Settlement, Standing, StoredReply,
};
use crate::clock::Timestamp;

/// The record of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose operation it is.
    pub principal: PrincipalId,
    /// The tool's name, for operators and reconcilers.
    pub tool: String,
    /// What was asked.
    pub fingerprint: Fingerprint,
    /// What the operation is about.
    pub business: Option<BusinessKey>,
    /// What it takes of budgets. The caps are not kept: each claim brings its own.
    pub reservations: Vec<Reservation>,
    /// What a reconciler needs to know.
    pub arguments: Option<Payload>,
    /// The attempt that the record belongs to, counted from 1.
    pub epoch: u32,
    /// Whose attempt it is.
    pub owner: Owner,
    /// Whether an earlier attempt may have acted: an unknown operation is carried out again. Then
    /// this attempt cannot know that nothing was done.
    pub retaken: bool,
    /// When that attempt was claimed.
    pub claimed_at: Timestamp,
    /// How it stands.
    pub state: State,
}

/// How a record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Under way, as long as the lease is renewed.
    Claimed {
        /// When the lease runs out.
        until: Timestamp,
        /// Whether nothing can have been done yet.
        tentative: bool,
    },
    /// Ended for certain.
    Recorded {
        /// The answer.
        reply: StoredReply,
        /// Whether it was done, not refused.
        acted: bool,
        /// When it ended, and how long that is remembered.
        ended: Ended,
    },
    /// Nothing was done.
    Released {
        /// When it was released, and how long that is remembered.
        ended: Ended,
    },
    /// It may have been done.
    Unknown {
        /// Since when that is known.
        since: Timestamp,
    },
}

/// When an operation ended, and how long that is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// When it ended.
    pub at: Timestamp,
    /// Until when its answer can be replayed.
    pub retain_until: Timestamp,
    /// Until when its key is known to be spent.
    pub forget_at: Timestamp,
}

impl Ended {
    fn new(now: Timestamp, retention: Retention) -> Self {
        let retain_until = now.after(retention.retain);
        Self { at: now, retain_until, forget_at: retain_until.after(retention.tombstone) }
    }

    /// What was spent is not forgotten before it stops to count.
    fn at_least(self, window: Duration) -> Self {
        Self { forget_at: self.forget_at.max(self.at.after(window)), ..self }
    }
}

impl Record {
    /// Whether nothing of it needs to be remembered any more. An unknown operation is never
    /// forgotten.
    #[must_use]
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        match &self.state {
            State::Recorded { ended, .. } | State::Released { ended } => now >= ended.forget_at,
            State::Claimed { until, tentative } => *tentative && now >= *until,
            State::Unknown { .. } => false,
        }
    }

    /// Whether it may or may not have been carried out: it ended so, or its owner is gone, or so
    /// slow that nobody can tell.
    #[must_use]
    pub fn is_unknown(&self, now: Timestamp) -> bool {
        match &self.state {
            State::Claimed { until, tentative } => !tentative && now >= *until,
            State::Unknown { .. } => true,
            State::Recorded { .. } | State::Released { .. } => false,
        }
    }

    /// Whether another operation with its business key is refused: it was done, may have been
    /// done, or is under way.
    #[must_use]
    pub fn holds_business_key(&self, now: Timestamp) -> bool {
        let may_act = match &self.state {
            State::Recorded { acted, .. } => *acted,
            State::Released { .. } => false,
            State::Claimed { .. } | State::Unknown { .. } => true,
        };
        may_act && !self.is_forgotten(now)
    }

    /// Whether it must be removed in the transaction in which another operation's record is granted:
    /// it is forgotten, and that one takes its business key, or what a tentative claim held of a
    /// budget. Otherwise a clock that is set back would bring it back, and both would act.
    #[must_use]
    pub fn gives_way_to(&self, granted: &Self, now: Timestamp) -> bool {
        let is_tentative = matches!(self.state, State::Claimed { tentative: true, .. });
        let had_business_key =
            is_tentative || matches!(self.state, State::Recorded { acted: true, .. });
        let shares_business_key =
            had_business_key && self.business.is_some() && self.business == granted.business;
        let shares_budget = is_tentative
            && self
                .reservations
                .iter()
                .any(|had| granted.reservations.iter().any(|it| it.meter == had.meter));
        // An operation that is carried out again has what it needs since its first attempt.
        !granted.retaken && self.is_forgotten(now) && (shares_business_key || shares_budget)
    }

    /// Until when one of its reservations counts: held for as long as it may be or come to be
    /// spent, and then for the window. `None`: not at all.
    #[must_use]
    pub fn counts_until(&self, reservation: &Reservation) -> Option<Timestamp> {
        match &self.state {
            State::Claimed { until, tentative: true } => Some(*until),
            State::Claimed { .. } | State::Unknown { .. } => Some(Timestamp::MAX),
            State::Recorded { acted: true, ended, .. } => Some(ended.at.after(reservation.window)),
            State::Recorded { .. } | State::Released { .. } => None,
        }
    }

    /// The attempt that it is at.
    #[must_use]
    pub fn attempt(&self, operation: OperationId) -> Attempt {
        Attempt { operation, epoch: self.epoch, owner: self.owner }
    }

    fn is_at(&self, attempt: &Attempt) -> bool {
        self.epoch == attempt.epoch && self.owner == attempt.owner
    }

    fn longest_window(&self) -> Duration {
        self.reservations.iter().map(|reservation| reservation.window).max().unwrap_or_default()
    }

    fn settled(self, settlement: &Settlement, now: Timestamp) -> Self {
        let state = match settlement {
            Settlement::Recorded { reply, acted, retention } => {
                let counts = if *acted { self.longest_window() } else { Duration::ZERO };
                State::Recorded {
                    reply: reply.clone(),
                    acted: *acted,
                    ended: Ended::new(now, *retention).at_least(counts),
                }
            }
            Settlement::Released { retention } => {
                State::Released { ended: Ended::new(now, *retention) }
            }
            Settlement::Unknown => State::Unknown { since: now },
        };
        // Nobody reconciles what has ended.
        let arguments = self.arguments.filter(|_| *settlement == Settlement::Unknown);
        Self { arguments, state, ..self }
    }
}

/// What a store has found for a claim, read in the transaction that decides it.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The record of the claimed operation.
    pub own: Option<Record>,
    /// The other operation whose record [holds](Record::holds_business_key) the claim's business
    /// key now.
    pub holder: Option<(OperationId, Record)>,
    /// For each reservation of the claim, what *other* operations hold and have spent of its meter:
    /// the sum of their amounts that [count](Record::counts_until) now.
    pub used: Vec<u64>,
}

/// What a claim finds and what it leaves: the answer, and the record to write if it is granted. What
/// [gives way](Record::gives_way_to) to that record is removed in the same transaction.
#[must_use]
pub fn on_claim(found: Found, claim: &Claim, now: Timestamp) -> (Claimed, Option<Record>) {
    let Found { own, holder, used } = found;
    let own = own.filter(|record| !record.is_forgotten(now));
    let decision = match own {
        Some(record) => match stands(&record, claim, claim.operation, now) {
            Decision::Free { last_epoch } => beside(holder, claim, now).or_free(last_epoch),
            Decision::Retake(operation, record) => {
                retake_beside(operation, record, beside(holder, claim, now))
            }
            decided => decided,
        },
        None => beside(holder, claim, now).or_free(0),
    };
    match decision {
        Decision::Stands(standing) => (Claimed::Stands(standing), None),
        Decision::Own(lease) => (Claimed::Granted(lease), None),
        Decision::Retake(operation, record) => {
            // What the first attempt took of budgets and business key stays with the operation.
            let record = Record {
                epoch: record.epoch + 1,
                owner: claim.owner,
                retaken: true,
                claimed_at: now,
                state: State::Claimed { until: now.after(claim.lease), tentative: false },
                ..*record
            };
            (Claimed::Granted(lease(&record, operation, claim)), Some(record))
        }
        Decision::Free { last_epoch } => {
            if let Some(budget) = over_budget(claim, &used) {
                return (Claimed::Stands(Standing::OverBudget(budget)), None);
            }
            let record = Record {
                principal: claim.principal,
                tool: claim.tool.to_owned(),
                fingerprint: claim.fingerprint,
                business: claim.business,
                reservations: claim.reservations.clone(),
                arguments: claim.arguments.clone(),
                epoch: last_epoch + 1,
                owner: claim.owner,
                retaken: false,
                claimed_at: now,
                state: State::Claimed { until: now.after(claim.lease), tentative: claim.tentative },
            };
            (Claimed::Granted(lease(&record, claim.operation, claim)), Some(record))
        }
    }
}

/// What a look without a claim finds.
#[must_use]
pub fn on_recall(found: Found, claim: &Claim, now: Timestamp) -> Option<Standing> {
    let unbudgeted = Claim { reservations: Vec::new(), ..claim.clone() };
    match on_claim(found, &unbudgeted, now).0 {
        Claimed::Stands(standing) => Some(standing),
        Claimed::Granted(_) => None,
    }
}

/// What a renewal does. A tentative lease that has run out is gone: its budgets may be another's.
#[must_use]
pub fn on_renew(record: Option<Record>, lease: &Lease, now: Timestamp) -> (Fenced, Option<Record>) {
    match held(record, lease) {
        Some((record, until, tentative)) if !(tentative && now >= until) => {
            let state = State::Claimed { until: now.after(lease.length), tentative };
            (Fenced::Applied, Some(Record { state, ..record }))
        }
        _ => (Fenced::Superseded, None),
    }
}

/// What the mark before an effect does. Nothing was done yet, so a lease that has run out is not
/// revived: somebody may have been told so.
#[must_use]
pub fn on_dispatch(
    record: Option<Record>,
    lease: &Lease,
    now: Timestamp,
) -> (Fenced, Option<Record>) {
    match held(record, lease) {
        Some((record, until, _)) if now < until => {
            let state = State::Claimed { until: now.after(lease.length), tentative: false };
            (Fenced::Applied, Some(Record { state, ..record }))
        }
        _ => (Fenced::Superseded, None),
    }
}

/// What a settlement by the owner does. The owner of an unknown operation may still turn it into
/// fact. One that carries an operation out again knows of its own attempt alone: that it did nothing
/// leaves the operation unknown, and what it is refused may have been done before.
#[must_use]
pub fn on_settle(
    record: Option<Record>,
    lease: &Lease,
    settlement: &Settlement,
    now: Timestamp,
) -> (Fenced, Option<Record>) {
    let Some(record) = record.filter(|record| record.is_at(&lease.attempt)) else {
        return (Fenced::Superseded, None);
    };
    let settlement = &if record.retaken { doubted(settlement) } else { settlement.clone() };
    match &record.state {
        State::Claimed { .. } if record.is_forgotten(now) => (Fenced::Superseded, None),
        State::Unknown { .. } if *settlement == Settlement::Unknown => (Fenced::Applied, None),
        State::Claimed { .. } | State::Unknown { .. } => {
            (Fenced::Applied, Some(record.settled(settlement, now)))
        }
        settled if says_the_same(settled, settlement) => (Fenced::Applied, None),
        State::Recorded { .. } | State::Released { .. } => (Fenced::Superseded, None),
    }
}

/// What a settlement is worth when an earlier attempt may have acted.
fn doubted(settlement: &Settlement) -> Settlement {
    match settlement.clone() {
        Settlement::Recorded { reply, retention, .. } => {
            Settlement::Recorded { reply, retention, acted: true }
        }
        Settlement::Released { .. } | Settlement::Unknown => Settlement::Unknown,
    }
}

/// What a resolution by somebody else does: only an unknown operation is resolved, never one that
/// is under way.
#[must_use]
pub fn on_resolve(
    record: Option<Record>,
    attempt: &Attempt,
    settlement: &Settlement,
    now: Timestamp,
) -> (Fenced, Option<Record>) {
    let Some(record) = record.filter(|record| record.is_at(attempt)) else {
        return (Fenced::Superseded, None);
    };
    if *settlement == Settlement::Unknown {
        return (Fenced::Superseded, None);
    }
    if record.is_unknown(now) {
        return (Fenced::Applied, Some(record.settled(settlement, now)));
    }
    let repeated = says_the_same(&record.state, settlement);
    (if repeated { Fenced::Applied } else { Fenced::Superseded }, None)
}

/// Where a claim leads.
enum Decision {
    /// Nowhere: it stands so.
    Stands(Standing),
    /// It was granted before, and the acknowledgement was lost.
    Own(Lease),
    /// This unknown operation is carried out again.
    Retake(OperationId, Box<Record>),
    /// The claimed operation is free, after so many attempts.
    Free { last_epoch: u32 },
}

impl Decision {
    fn or_free(self, last_epoch: u32) -> Self {
        match self {
            Self::Free { .. } => Self::Free { last_epoch },
            decided => decided,
        }
    }
}

/// How a record that is not forgotten stands to a claim of its operation.
fn stands(record: &Record, claim: &Claim, operation: OperationId, now: Timestamp) -> Decision {
    let is_claimed = matches!(record.state, State::Claimed { .. });
    // A lease that has run out is not given back: somebody may have been told that it is unknown.
    if record.owner == claim.owner && is_claimed && !record.is_unknown(now) {
        return Decision::Own(lease(record, operation, claim));
    }
    if record.fingerprint != claim.fingerprint {
        return Decision::Stands(Standing::Conflict);
    }
    match &record.state {
        _ if record.is_unknown(now) && claim.retake => {
            Decision::Retake(operation, Box::new(record.clone()))
        }
        _ if record.is_unknown(now) => {
            Decision::Stands(Standing::Unknown(record.attempt(operation)))
        }
        State::Recorded { reply, ended, .. } if now < ended.retain_until => {
            let recorded = Recorded { reply: reply.clone(), at: ended.at, duplicate_of: None };
            Decision::Stands(Standing::Recorded(recorded))
        }
        State::Recorded { .. } => Decision::Stands(Standing::Expired),
        State::Claimed { until, .. } => Decision::Stands(Standing::InFlight(until.since(now))),
        State::Released { .. } | State::Unknown { .. } => {
            Decision::Free { last_epoch: record.epoch }
        }
    }
}

/// How the operation that holds the business key stands to the claim of another one.
fn beside(holder: Option<(OperationId, Record)>, claim: &Claim, now: Timestamp) -> Decision {
    let free = Decision::Free { last_epoch: 0 };
    let Some((operation, record)) = holder else { return free };
    if claim.business.is_none()
        || record.business != claim.business
        || operation == claim.operation
        || !record.holds_business_key(now)
    {
        return free;
    }
    let foreign = record.principal != claim.principal;
    match stands(&record, claim, operation, now) {
        Decision::Stands(Standing::Recorded(_)) if foreign => {
            Decision::Stands(Standing::AlreadyDone)
        }
        Decision::Stands(Standing::Expired) => Decision::Stands(Standing::AlreadyDone),
        Decision::Stands(Standing::Recorded(recorded)) => {
            let duplicate = Recorded { duplicate_of: Some(operation), ..recorded };
            Decision::Stands(Standing::Recorded(duplicate))
        }
        // Another's operation is theirs to repeat.
        Decision::Retake(..) if foreign => {
            Decision::Stands(Standing::Unknown(record.attempt(operation)))
        }
        decided => decided,
    }
}

/// Whether an unknown operation may be carried out again, next to what another one's hold on the
/// business key decides.
fn retake_beside(operation: OperationId, record: Box<Record>, other: Decision) -> Decision {
    match other {
        Decision::Free { .. } => Decision::Retake(operation, record),
        Decision::Stands(standing) => Decision::Stands(standing),
        // Of two that may have acted, neither is carried out again.
        Decision::Own(_) | Decision::Retake(..) => {
            Decision::Stands(Standing::Unknown(record.attempt(operation)))
        }
    }
}

fn over_budget(claim: &Claim, used: &[u64]) -> Option<usize> {
    claim.reservations.iter().enumerate().position(|(place, reservation)| {
        // A sum that the store did not give is a sum that nobody knows.
        let used = used.get(place).copied().unwrap_or(u64::MAX);
        used.saturating_add(reservation.amount) > reservation.cap
    })
}

fn lease(record: &Record, operation: OperationId, claim: &Claim) -> Lease {
    Lease { attempt: record.attempt(operation), length: claim.lease }
}

/// The record, if it is claimed by the lease's holder, with its lease's end.
fn held(record: Option<Record>, lease: &Lease) -> Option<(Record, Timestamp, bool)> {
    let record = record.filter(|record| record.is_at(&lease.attempt))?;
    match record.state {
        State::Claimed { until, tentative } => Some((record, until, tentative)),
        _ => None,
    }
}

/// Whether a settlement is the one that the record already has: its acknowledgement was lost.
fn says_the_same(state: &State, settlement: &Settlement) -> bool {
    match (state, settlement) {
        (
            State::Recorded { reply: had, acted: did, .. },
            Settlement::Recorded { reply, acted, .. },
        ) => had == reply && did == acted,
        (State::Released { .. }, Settlement::Released { .. }) => true,
        _ => false,
    }
}

/// How often a lease should be renewed: three times before it runs out.
#[must_use]
pub fn heartbeat(lease: &Lease) -> Duration {
    lease.length / 3
}
