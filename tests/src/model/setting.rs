//! What is explored, and how far.

use std::time::Duration;

use mcp_guard::store::{
    BusinessKey, Claim, Fingerprint, MeterId, OperationId, Owner, PrincipalId, Reservation,
    Retention,
};

use super::{
    mutation::Mutation,
    world::{Op, Tag},
};

/// One tick of the store's clock.
pub(super) const TICK: Duration = Duration::from_millis(1);
/// Longer than any run.
const FOR_EVER: Duration = Duration::MAX;

/// A world, and its bounds.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What it is about.
    pub name: &'static str,
    /// The calls that clients may make, any number of times, at either replica.
    pub calls: Vec<Call>,
    /// `on_unknown = retry`.
    pub retake: bool,
    /// The body says when it begins to act.
    pub tentative: bool,
    /// Who resolves what is unknown.
    pub resolver: Resolver,
    /// What the backend does for a key that it has seen.
    pub backend: Backend,
    /// Whether a body may refuse for good without asking the backend.
    pub body_refuses: bool,
    /// How many operations may have been done within `window`.
    pub cap: Option<u64>,
    /// For how many ticks an operation counts. `None`: for ever.
    pub window: Option<u8>,
    /// For how many ticks an answer is kept, and then its key. `None`: for ever.
    pub retention: Option<(u8, u8)>,
    /// How many ticks a lease lasts.
    pub lease: u8,
    /// What the store's clock does.
    pub clock: StoreClock,
    /// What goes wrong.
    pub faults: Faults,
    /// How many attempts at an operation are followed.
    pub attempts: u32,
    /// What is done wrong.
    pub mutation: Option<Mutation>,
}

/// A call that a client may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Call {
    /// Under which key.
    pub operation: Op,
    /// With which arguments.
    pub arguments: u8,
    /// By whom.
    pub principal: u8,
    /// What the arguments are about, if the tool says so.
    pub business: Option<u8>,
}

impl Call {
    /// A call under this key. All such calls have the same arguments and caller.
    #[must_use]
    pub fn of(operation: Op) -> Self {
        Self { operation, arguments: 1, principal: 1, business: None }
    }

    /// The tool declares a business key. All such calls are about the same.
    #[must_use]
    pub fn about_the_same(self) -> Self {
        Self { business: Some(1), ..self }
    }

    /// With other arguments.
    #[must_use]
    pub fn asking_otherwise(self) -> Self {
        Self { arguments: 2, ..self }
    }

    /// By somebody else.
    #[must_use]
    pub fn by_another(self) -> Self {
        Self { principal: 2, ..self }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// Nothing, and every heartbeat comes in time.
    None,
    /// Everything fails that can, dies, stands still past its lease, or times out.
    Usual,
    /// And a write may reach the store long after its sender has given up.
    LateWrites,
}

/// What the store's clock does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreClock {
    /// It goes on, as clocks do.
    GoesOn,
    /// Now and then it is set back: whatever lease has run out stands again.
    IsSetBack,
}

/// Who resolves what is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolver {
    /// Nobody.
    Nobody,
    /// One who says "not done" only when nobody can do it any more.
    Truthful,
    /// One who says "not done" because the ledger does not have it yet.
    Hasty,
}

/// What the backend does for a key that it has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// It does it again.
    Forgetful,
    /// It answers as it did, whether it acted or refused.
    Remembers,
    /// It answers as it did when it acted, and decides anew when it refused.
    ForgetsRefusals,
}

impl Setting {
    /// A world with these calls, in which everything fails that can, nothing is retaken, and nobody
    /// resolves anything.
    #[must_use]
    pub fn new(name: &'static str, calls: &[Call]) -> Self {
        Self {
            name,
            calls: calls.to_vec(),
            retake: false,
            tentative: false,
            resolver: Resolver::Nobody,
            backend: Backend::Forgetful,
            body_refuses: false,
            cap: None,
            window: None,
            retention: None,
            lease: 1,
            clock: StoreClock::GoesOn,
            faults: Faults::Usual,
            attempts: 2,
            mutation: None,
        }
    }

    /// What the engine asks of the store for a call.
    pub(super) fn claim(&self, call: Call, owner: Tag) -> Claim {
        let mut claim = Claim::new(
            call.operation.id(),
            PrincipalId::from_bytes([call.principal; 32]),
            Fingerprint::from_bytes([call.arguments; 32]),
            "",
            self.lease(),
        )
        .with_retake(self.retake)
        .with_tentative(self.tentative)
        .with_business(call.business.map(|about| BusinessKey::from_bytes([about; 32])))
        .with_reservations(self.reservation().into_iter().collect());
        claim.owner = owner.owner();
        claim
    }

    fn reservation(&self) -> Option<Reservation> {
        let meter = MeterId::from_bytes([1; 32]);
        self.cap.map(|cap| Reservation { meter, amount: 1, cap, window: self.window() })
    }

    pub(super) fn lease(&self) -> Duration {
        TICK * u32::from(self.lease)
    }

    pub(super) fn window(&self) -> Duration {
        self.window.map_or(FOR_EVER, |ticks| TICK * u32::from(ticks))
    }

    pub(super) fn kept(&self) -> Retention {
        match self.retention {
            None => Retention { retain: FOR_EVER, tombstone: FOR_EVER },
            Some((retain, tombstone)) => Retention {
                retain: TICK * u32::from(retain),
                tombstone: TICK * u32::from(tombstone),
            },
        }
    }

    /// What two operations are about, if it is the same.
    pub(super) fn business_of(&self, operation: Op) -> Option<u8> {
        self.calls.iter().find(|call| call.operation == operation)?.business
    }
}

impl Op {
    pub(super) fn id(self) -> OperationId {
        OperationId::from_bytes([self.0; 32])
    }

    pub(super) fn of(operation: &OperationId) -> Self {
        Self(operation.as_bytes()[0])
    }
}

impl Tag {
    pub(super) fn owner(self) -> Owner {
        Owner::from_bytes([self.0; 16])
    }
}
