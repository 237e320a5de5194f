//! What the owner of an attempt may do to its record, and what others may.

use std::time::Duration;

use super::{Record, State};
use crate::{
    clock::Timestamp,
    store::{Attempt, Fenced, Lease, Settlement},
};

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
