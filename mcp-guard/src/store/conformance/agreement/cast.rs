//! Whom the numbers of the steps stand for.

use std::collections::VecDeque;

use super::step::{Asked, BUSINESSES, Ending, Forged, Held, METERS, OPERATIONS, WINDOWS};
use crate::store::{
    Attempt, BusinessKey, Claim, Lease, MeterId, OperationId, Owner, Payload, Reservation,
    Retention, Settlement, StoredReply,
    conformance::fixture::{LEASE, fingerprint, fresh, principal},
};

/// The ids of one sequence, which no store has seen: what they begin with.
pub(super) struct Cast([u8; 32]);

impl Cast {
    pub(super) fn new() -> Self {
        Self(fresh())
    }

    fn id(&self, kind: u8, number: u8) -> [u8; 32] {
        let mut bytes = self.0;
        bytes[30] = kind;
        bytes[31] = number;
        bytes
    }

    pub(super) fn operation(&self, number: u8) -> OperationId {
        OperationId::from_bytes(self.id(0, number))
    }

    pub(super) fn claim(&self, asked: &Asked) -> Claim {
        let business = |number| BusinessKey::from_bytes(self.id(1, number % BUSINESSES));
        let reservation = |(meter, amount, cap, window): &(u8, u64, u64, u8)| Reservation {
            meter: MeterId::from_bytes(self.id(2, meter % METERS)),
            amount: *amount,
            cap: *cap,
            window: WINDOWS[usize::from(*window)],
        };
        Claim::new(
            self.operation(asked.operation),
            principal(asked.principal),
            fingerprint(asked.fingerprint),
            "conformance",
            asked.lease,
        )
        .with_retake(asked.retake)
        .with_tentative(asked.tentative)
        .with_business(asked.business.map(business))
        .with_reservations(asked.reservations.iter().map(reservation).collect())
        .with_arguments(asked.arguments.then(|| Payload::from_bytes(vec![0xfe, asked.operation])))
    }

    /// The lease that was meant, of these, the latest first, or one that never was.
    pub(super) fn lease(&self, held: &Held, leases: &VecDeque<Lease>) -> Lease {
        let never = Attempt { operation: self.operation(0), epoch: 1, owner: stranger() };
        let lease = leases.get(usize::from(held.latest)).cloned();
        let Lease { mut attempt, mut length } =
            lease.unwrap_or(Lease { attempt: never, length: LEASE });
        match held.forged {
            None => {}
            Some(Forged::Owner) => attempt.owner = stranger(),
            Some(Forged::Epoch) => attempt.epoch += 1,
            Some(Forged::Operation) => attempt.operation = self.operation(OPERATIONS),
            Some(Forged::Length) => length = LEASE * 3,
        }
        Lease { attempt, length }
    }
}

fn stranger() -> Owner {
    Owner::from_bytes([9; 16])
}

pub(super) fn settlement(ending: &Ending) -> Settlement {
    match ending {
        Ending::Recorded { reply, acted, retain, tombstone } => Settlement::Recorded {
            reply: StoredReply { body: Payload::from_bytes(vec![*reply]), is_error: !acted },
            acted: *acted,
            retention: Retention { retain: *retain, tombstone: *tombstone },
        },
        Ending::Released { retain, tombstone } => {
            Settlement::Released { retention: Retention { retain: *retain, tombstone: *tombstone } }
        }
        Ending::Unknown => Settlement::Unknown,
    }
}
