//! Who asks for what, and what the store says.

use std::time::Duration;

use super::{BusinessKey, Fingerprint, MeterId, OperationId, Payload, PrincipalId, Recorded};

/// One attempt's wish to carry out an operation.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Claim {
    /// Which operation.
    pub operation: OperationId,
    /// Who asks.
    pub principal: PrincipalId,
    /// What is asked.
    pub fingerprint: Fingerprint,
    /// The attempt, so that it knows its own claim after a lost acknowledgement.
    pub owner: Owner,
    /// The tool's name, for operators.
    pub tool: &'static str,
    /// How long the claim stands without a renewal.
    pub lease: Duration,
    /// Whether an unknown operation may be carried out again: its backend deduplicates.
    pub retake: bool,
    /// Whether nothing can have been done before [`Store::dispatch`](super::Store::dispatch).
    pub tentative: bool,
    /// What the operation is about, whatever key the client made up: a second unique constraint.
    pub business: Option<BusinessKey>,
    /// What it takes of budgets. No meter is named twice.
    pub reservations: Vec<Reservation>,
    /// What whoever reconciles the operation later needs to know of it.
    pub arguments: Option<Payload>,
}

impl Claim {
    /// A claim for a new attempt.
    #[must_use]
    pub fn new(
        operation: OperationId,
        principal: PrincipalId,
        fingerprint: Fingerprint,
        tool: &'static str,
        lease: Duration,
    ) -> Self {
        Self {
            operation,
            principal,
            fingerprint,
            owner: Owner::new(),
            tool,
            lease,
            retake: false,
            tentative: false,
            business: None,
            reservations: Vec::new(),
            arguments: None,
        }
    }

    /// The same wish, by another attempt.
    pub(crate) fn by_a_new_owner(self) -> Self {
        Self { owner: Owner::new(), ..self }
    }

    /// Lets an unknown operation be carried out again.
    #[must_use]
    pub fn with_retake(mut self, retake: bool) -> Self {
        self.retake = retake;
        self
    }

    /// Promises that nothing is done before [`Store::dispatch`](super::Store::dispatch).
    #[must_use]
    pub fn with_tentative(mut self, tentative: bool) -> Self {
        self.tentative = tentative;
        self
    }

    /// Says what the operation is about.
    #[must_use]
    pub fn with_business(mut self, business: Option<BusinessKey>) -> Self {
        self.business = business;
        self
    }

    /// Takes a part of budgets.
    #[must_use]
    pub fn with_reservations(mut self, reservations: Vec<Reservation>) -> Self {
        self.reservations = reservations;
        self
    }

    /// Keeps what a reconciler needs to know.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Option<Payload>) -> Self {
        self.arguments = arguments;
        self
    }
}

/// A part of a budget that an operation takes: held from its claim, spent once it was done, given
/// back only when it is certain that nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Of which budget.
    pub meter: MeterId,
    /// How much, in the budget's unit.
    pub amount: u64,
    /// The most that may be held and spent within the window: at most [`MAX_CAP`]. Not kept.
    pub cap: u64,
    /// How long what was spent counts, from the moment at which the outcome was recorded.
    pub window: Duration,
}

/// The highest cap and amount that every store counts exactly: 2⁵³ − 1.
pub const MAX_CAP: u64 = (1 << 53) - 1;

/// One attempt, by a random number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner([u8; 16]);

impl Owner {
    fn new() -> Self {
        Self(uuid::Uuid::new_v4().into_bytes())
    }

    /// The bytes, for a store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// An owner that a store kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The lease's operation is this attempt's to carry out. It is another one than was claimed
    /// where an unknown operation with the same business key is carried out again. The claimed
    /// operation is not begun by that, and its key not used up.
    Granted(Lease),
    /// It is not: the operation stands so.
    Stands(Standing),
}

/// One attempt at an operation: what every write after the claim is fenced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// At which operation.
    pub operation: OperationId,
    /// Which attempt at it, counted from 1.
    pub epoch: u32,
    /// Whose.
    pub owner: Owner,
}

/// The right to carry out an operation, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The attempt that has it.
    pub attempt: Attempt,
    /// How long it stands without a renewal.
    pub length: Duration,
}

/// How an operation stands, to one who would claim it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// Another attempt has a live lease, for so long.
    InFlight(Duration),
    /// It ended, with this answer.
    Recorded(Recorded),
    /// It may or may not have been carried out, by this attempt.
    Unknown(Attempt),
    /// The key, or the business key, belongs to a call with other arguments.
    Conflict,
    /// It ended, and its answer is no longer kept.
    Expired,
    /// It was done under another key, and its answer is not the caller's or no longer kept.
    AlreadyDone,
    /// It would exceed the budget at this place among the claim's reservations.
    OverBudget(usize),
}
