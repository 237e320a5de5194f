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
//! A record says by its state whether it [holds](Record::holds_business_key) its business key and
//! until when its reservations [count](Record::counts_until). What a store keeps beside the records,
//! to find them by business key and to sum them by meter, follows from the records alone.

mod attempt;
mod claim;

use std::time::Duration;

pub use self::{
    attempt::{heartbeat, on_dispatch, on_renew, on_resolve, on_settle},
    claim::{Found, on_claim, on_recall},
};
use super::{
    Attempt, BusinessKey, Fingerprint, OperationId, Owner, Payload, PrincipalId, Reservation,
    Retention, Settlement, StoredReply,
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

    /// Whether it must be gone after the transaction in which another operation's record is granted:
    /// it is forgotten, and that one takes its business key, or what a tentative claim held of a
    /// budget. Otherwise a clock that is set back would bring it back beside the other.
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
