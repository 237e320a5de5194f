//! What a claim finds, and what it leaves.

use super::{Record, State};
use crate::{
    clock::Timestamp,
    store::{Claim, Claimed, Lease, OperationId, Recorded, Standing},
};

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
