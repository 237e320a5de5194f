//! The rules by which the store and the engine act, and the mistakes that can be planted in them.

use mcp_guard::{
    Timestamp,
    store::{
        Attempt, Claim, Claimed, Fenced, Lease, Reservation, Settlement,
        record::{self, Found, Record, State},
    },
};

use super::{setting::Setting, store::Outcome, world::Op};

/// A mistake, planted to see that it would be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// A lease that has run out frees its operation.
    FreeAtLeaseEnd,
    /// A lease does not run out.
    EndlessLease,
    /// Whatever attempt claimed an operation is taken for one's own.
    OwnWhoeverClaimed,
    /// An operation is retaken while its lease lives.
    RetakeOfALiveLease,
    /// Nobody looks for another operation with the same business key.
    NoBusinessKey,
    /// An operation with the same business key is taken for the caller's own.
    SharedAnswers,
    /// A budget is given back when an outcome is unknown.
    BudgetFreeWhileUnknown,
    /// A settlement is applied to whatever attempt the record is at.
    UnfencedSettlement,
    /// A resolution is applied to whatever attempt the record is at.
    UnfencedResolution,
    /// A claim that lapsed stays when another one is granted what it held.
    LapsedStays,
    /// And a heartbeat revives it.
    HeartbeatRevives,
    /// Or the mark before an effect does.
    DispatchRevives,
    /// A body acts although it was told that the operation is not its own any more.
    DispatchIgnored,
    /// An outcome that cannot be told is taken for "nothing was done".
    AmbiguityReleases,
    /// A second attempt that did nothing says so of the first one as well.
    RetakeReleases,
    /// The backend is given the key of the call, not that of the operation that was granted.
    KeyOfTheCall,
}

/// The real rules, but for one mistake.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    mutation: Option<Mutation>,
}

type Changed = (Fenced, Option<Record>);

impl Rules {
    pub(super) fn of(setting: &Setting) -> Self {
        Self { mutation: setting.mutation }
    }

    pub(super) fn claim(
        self,
        mut found: Found,
        claim: &Claim,
        now: Timestamp,
    ) -> (Claimed, Option<Record>) {
        match self.mutation {
            Some(Mutation::FreeAtLeaseEnd) => {
                found.own = found.own.filter(
                    |record| !matches!(record.state, State::Claimed { until, .. } if now >= until),
                );
            }
            Some(Mutation::OwnWhoeverClaimed) => {
                found.own = found.own.map(|record| Record { owner: claim.owner, ..record });
            }
            Some(Mutation::RetakeOfALiveLease) => {
                if let Some(Record { state: State::Claimed { until, .. }, owner, .. }) =
                    &mut found.own
                    && *owner != claim.owner
                {
                    *until = now;
                }
            }
            Some(Mutation::NoBusinessKey) => found.holder = None,
            Some(Mutation::SharedAnswers) => {
                if let Some((_, holder)) = &mut found.holder {
                    holder.principal = claim.principal;
                }
            }
            _ => {}
        }
        let (claimed, granted) = record::on_claim(found, claim, now);
        let endless = self.is(Mutation::EndlessLease);
        (claimed, if endless { alive(granted) } else { granted })
    }

    pub(super) fn renew(self, record: Option<Record>, lease: &Lease, now: Timestamp) -> Changed {
        let revived = self.is(Mutation::HeartbeatRevives);
        record::on_renew(if revived { alive(record) } else { record }, lease, now)
    }

    pub(super) fn dispatch(self, record: Option<Record>, lease: &Lease, now: Timestamp) -> Changed {
        let revived = self.is(Mutation::DispatchRevives);
        record::on_dispatch(if revived { alive(record) } else { record }, lease, now)
    }

    pub(super) fn settle(
        self,
        record: Option<Record>,
        lease: &Lease,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Changed {
        let doubts = !self.is(Mutation::RetakeReleases);
        let record = record.map(|it| Record { retaken: it.retaken && doubts, ..it });
        let unfenced = self.is(Mutation::UnfencedSettlement);
        let attempt =
            if unfenced { current(record.as_ref(), lease.attempt) } else { lease.attempt };
        record::on_settle(record, &Lease { attempt, ..lease.clone() }, settlement, now)
    }

    pub(super) fn resolve(
        self,
        record: Option<Record>,
        attempt: &Attempt,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Changed {
        let unfenced = self.is(Mutation::UnfencedResolution);
        let attempt = if unfenced { current(record.as_ref(), *attempt) } else { *attempt };
        record::on_resolve(record, &attempt, settlement, now)
    }

    /// Whether a reservation of a record counts.
    pub(super) fn counts(self, record: &Record, reservation: &Reservation, now: Timestamp) -> bool {
        let free = self.is(Mutation::BudgetFreeWhileUnknown) && record.is_unknown(now);
        !free && record.counts_until(reservation).is_some_and(|until| now < until)
    }

    /// Whether a record goes when another one is granted.
    pub(super) fn gives_way(self, record: &Record, granted: &Record, now: Timestamp) -> bool {
        use Mutation::{DispatchRevives, HeartbeatRevives, LapsedStays};
        let stays = [LapsedStays, HeartbeatRevives, DispatchRevives].map(|it| self.is(it));
        !stays.contains(&true) && record.gives_way_to(granted, now)
    }

    /// What the engine records of an end of which it is not certain.
    pub(super) fn of_ambiguity(self) -> Outcome {
        if self.is(Mutation::AmbiguityReleases) { Outcome::NothingDone } else { Outcome::Ambiguous }
    }

    /// The operation whose downstream key the backend is given.
    pub(super) fn downstream_key(self, granted: Op, called: Op) -> Op {
        if self.is(Mutation::KeyOfTheCall) { called } else { granted }
    }

    /// Whether a body stops that is told so.
    pub(super) fn heed_dispatch(self) -> bool {
        !self.is(Mutation::DispatchIgnored)
    }

    fn is(self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }
}

/// The record with a lease that does not run out.
fn alive(mut record: Option<Record>) -> Option<Record> {
    if let Some(Record { state: State::Claimed { until, .. }, .. }) = &mut record {
        *until = Timestamp::MAX;
    }
    record
}

/// The attempt that the record is at, whoever asks.
fn current(record: Option<&Record>, attempt: Attempt) -> Attempt {
    record.map_or(attempt, |record| record.attempt(attempt.operation))
}
