//! The record of one operation and the rules by which it moves, as pure functions.
//!
//! ```text
//! absent → claimed(epoch, owner, lease) → recorded   (the outcome is certain)
//!                                       → released   (nothing was done; fingerprint kept)
//!          lease run out, ambiguous     → unknown    → recorded | released, by its owner
//! recorded → answer expires → spent key → forgotten → absent
//! ```

use std::time::Duration;

use super::{
    Claim, Claimed, Fenced, Fingerprint, Lease, Owner, Recorded, Retention, Settlement, Standing,
    StoredReply,
};
use crate::clock::Timestamp;

/// The record of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What was asked.
    pub fingerprint: Fingerprint,
    /// The attempt that the record belongs to, counted from 1.
    pub epoch: u32,
    /// Whose attempt it is.
    pub owner: Owner,
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
    },
    /// Ended for certain.
    Recorded {
        /// The answer.
        reply: StoredReply,
        /// When it ended, and how long that is remembered.
        ended: Ended,
    },
    /// Nothing was done.
    Released {
        /// When it was released, and how long that is remembered.
        ended: Ended,
    },
    /// It may have been done.
    Unknown,
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
}

impl Record {
    /// Whether nothing of it needs to be remembered any more. An unknown or claimed operation is
    /// never forgotten.
    #[must_use]
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        match &self.state {
            State::Recorded { ended, .. } | State::Released { ended } => now >= ended.forget_at,
            State::Claimed { .. } | State::Unknown => false,
        }
    }

    fn lease(&self, claim: &Claim) -> Lease {
        Lease {
            operation: claim.operation,
            epoch: self.epoch,
            owner: self.owner,
            length: claim.lease,
        }
    }
}

/// What a claim finds and what it leaves: the answer, and the record to write if it changes.
#[must_use]
pub fn on_claim(
    record: Option<Record>,
    claim: &Claim,
    now: Timestamp,
) -> (Claimed, Option<Record>) {
    let (standing, changed) = match &record {
        None => return grant(0, claim, now),
        Some(record) if is_own(record, claim) => {
            return (Claimed::Granted(record.lease(claim)), None);
        }
        Some(record) => standing(record, claim, now),
    };
    match standing {
        Some(standing) => (Claimed::Stands(standing), changed),
        None => grant(record.map_or(0, |record| record.epoch), claim, now),
    }
}

/// What a look without a claim finds.
#[must_use]
pub fn on_recall(record: &Record, claim: &Claim, now: Timestamp) -> Option<Standing> {
    standing(record, claim, now).0
}

/// What a renewal does.
#[must_use]
pub fn on_renew(record: Option<Record>, lease: &Lease, now: Timestamp) -> (Fenced, Option<Record>) {
    match record {
        Some(mut record) if holds(&record, lease) => {
            let State::Claimed { until } = &mut record.state else {
                return (Fenced::Superseded, None);
            };
            *until = now.after(lease.length);
            (Fenced::Applied, Some(record))
        }
        _ => (Fenced::Superseded, None),
    }
}

/// What a settlement does. The owner of an unknown operation may still turn it into fact.
#[must_use]
pub fn on_settle(
    record: Option<Record>,
    lease: &Lease,
    settlement: &Settlement,
    now: Timestamp,
) -> (Fenced, Option<Record>) {
    let Some(record) = record.filter(|record| holds(record, lease)) else {
        return (Fenced::Superseded, None);
    };
    match &record.state {
        State::Claimed { .. } | State::Unknown => {
            let state = match settlement {
                Settlement::Recorded { reply, retention } => {
                    State::Recorded { reply: reply.clone(), ended: Ended::new(now, *retention) }
                }
                Settlement::Released { retention } => {
                    State::Released { ended: Ended::new(now, *retention) }
                }
                Settlement::Unknown => State::Unknown,
            };
            (Fenced::Applied, Some(Record { state, ..record }))
        }
        settled if says_the_same(settled, settlement) => (Fenced::Applied, None),
        State::Recorded { .. } | State::Released { .. } => (Fenced::Superseded, None),
    }
}

fn grant(last_epoch: u32, claim: &Claim, now: Timestamp) -> (Claimed, Option<Record>) {
    let record = Record {
        fingerprint: claim.fingerprint,
        epoch: last_epoch + 1,
        owner: claim.owner,
        state: State::Claimed { until: now.after(claim.lease) },
    };
    (Claimed::Granted(record.lease(claim)), Some(record))
}

/// How a record stands to a claim that is not its owner's: `None` where it is free. The second part
/// is the record as it must be written, where looking at it changed it.
fn standing(record: &Record, claim: &Claim, now: Timestamp) -> (Option<Standing>, Option<Record>) {
    if record.is_forgotten(now) {
        return (None, None);
    }
    if record.fingerprint != claim.fingerprint {
        return (Some(Standing::Conflict), None);
    }
    match &record.state {
        State::Claimed { until } if now < *until => {
            (Some(Standing::InFlight(until.since(now))), None)
        }
        State::Claimed { .. } | State::Unknown if claim.retake => (None, None),
        // The owner is gone, or so slow that nobody can tell: what it did is not known.
        State::Claimed { .. } => {
            let unknown = Record { state: State::Unknown, ..record.clone() };
            (Some(Standing::Unknown), Some(unknown))
        }
        State::Unknown => (Some(Standing::Unknown), None),
        State::Released { .. } => (None, None),
        State::Recorded { reply, ended } if now < ended.retain_until => {
            let recorded = Recorded { reply: reply.clone(), at: ended.at };
            (Some(Standing::Recorded(recorded)), None)
        }
        State::Recorded { .. } => (Some(Standing::Expired), None),
    }
}

fn is_own(record: &Record, claim: &Claim) -> bool {
    record.owner == claim.owner && matches!(record.state, State::Claimed { .. })
}

fn holds(record: &Record, lease: &Lease) -> bool {
    record.epoch == lease.epoch && record.owner == lease.owner
}

/// Whether a settlement is the one that the record already has: its acknowledgement was lost.
fn says_the_same(state: &State, settlement: &Settlement) -> bool {
    match (state, settlement) {
        (State::Recorded { reply: had, .. }, Settlement::Recorded { reply, .. }) => had == reply,
        (State::Released { .. }, Settlement::Released { .. }) => true,
        _ => false,
    }
}

/// The lease that a heartbeat should renew, three times before it runs out.
#[must_use]
pub fn heartbeat(lease: &Lease) -> Duration {
    lease.length / 3
}
