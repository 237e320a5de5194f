//! What must hold, and what has to be seen.

use std::fmt;

use mcp_guard::store::{
    Claimed, Standing,
    record::{Record, State},
};

use super::{
    mutation::Rules,
    replica::{Phase, Stage},
    setting::Setting,
    store::{NOW, age, find},
    world::{ALL, Kept, Op, Tag, World},
};

/// What must hold, whatever happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// An operation has one effect at most.
    OneEffect,
    /// All operations with one business key have one effect at most.
    OneEffectPerBusinessKey,
    /// No more is done within a window than the budget has, and no more is held and spent.
    WithinCap,
    /// What a record says was done was done; what it says was not done was not.
    TruthfulRecords,
    /// Nobody is told of a success before its effect, or of a refusal after one.
    TruthfulAnswers,
    /// Nobody but its caller is shown an answer, nor one that is about something else.
    PrivateAnswers,
    /// A record moves only along the arrows of the state machine: none leaves an end but by being
    /// forgotten, none is taken from a living owner, and unknown is only what was under way.
    Arrows,
    /// As soon as nothing fails any more every call ends, and every operation is done, refused,
    /// released or unknown.
    Ends,
}

/// What has to be seen, so that what holds does not hold of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Landmark {
    /// A call is told that another is under way.
    InFlight,
    /// A call is answered from its own record.
    Replayed,
    /// A call is answered from the record of another key.
    Duplicate,
    /// A call is told that it was done by somebody else.
    AlreadyDone,
    /// A call is told that the outcome is unknown.
    Unknown,
    /// A call is told that its key belongs to another one.
    Conflict,
    /// A call is told that its answer is no longer kept.
    Expired,
    /// A call is told that the budget does not suffice.
    OverBudget,
    /// An operation is attempted again.
    AttemptedAgain,
    /// A lost claim is recognised as one's own.
    OwnClaim,
    /// An unknown operation is completed by its owner.
    CompletedLate,
    /// A body is told that it may not act any more.
    DispatchRefused,
    /// An owner's settlement comes too late.
    SettlementRefused,
    /// The resolver has found that an unknown operation was done.
    FoundLanded,
    /// The resolver has found that an unknown operation was not done.
    FoundNotLanded,
    /// A record has been forgotten.
    Forgotten,
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneEffect => "an operation has two effects",
            Self::OneEffectPerBusinessKey => "there are two effects with one business key",
            Self::WithinCap => "the budget is exceeded",
            Self::TruthfulRecords => "a record says what is not so",
            Self::TruthfulAnswers => "a client is told what is not so",
            Self::PrivateAnswers => "a client is shown another call's answer",
            Self::Arrows => "a record moves as it must not",
            Self::Ends => "a call or an operation does not end",
        })
    }
}

/// What does not hold of a state.
pub(super) fn judge(world: &World, setting: &Setting) -> Option<Property> {
    let truthful = ALL.into_iter().all(|operation| is_truthful(world, operation));
    world
        .ledger
        .judge(setting)
        .or_else(|| exceeds_cap(world, setting).then_some(Property::WithinCap))
        .or_else(|| (!truthful).then_some(Property::TruthfulRecords))
        .or_else(|| {
            (world.rank() == 0 && !is_settled_in_time(world, setting)).then_some(Property::Ends)
        })
}

/// Whether the records hold and have spent too much. All of it is of one budget.
fn exceeds_cap(world: &World, setting: &Setting) -> bool {
    let records = world.records.iter().filter_map(Kept::get);
    let reservations = records.flat_map(|it| it.reservations.iter().map(move |had| (it, had)));
    let taken: u64 = reservations
        .filter(|(record, had)| record.counts_until(had).is_some_and(|until| NOW < until))
        .map(|(_, had)| had.amount)
        .sum();
    setting.cap.is_some_and(|cap| taken > cap)
}

fn is_truthful(world: &World, operation: Op) -> bool {
    let done = world.ledger.effects_of(operation) > 0;
    let Some(record) = world.record(operation).filter(|record| !record.is_forgotten(NOW)) else {
        return !done;
    };
    match &record.state {
        // A refusal of a second attempt says nothing of the first one: it counts as done.
        State::Recorded { acted, .. } => *acted == done || (*acted && record.retaken),
        State::Released { .. } => !done,
        State::Claimed { tentative, .. } => !(*tentative && done),
        State::Unknown { .. } => true,
    }
}

/// Whether everybody is told where every operation stands, once nobody is at work and the last
/// lease has run out.
fn is_settled_in_time(world: &World, setting: &Setting) -> bool {
    let mut world = world.clone();
    for kept in &mut world.records {
        if let Some(record) = &mut kept.0 {
            let record = std::rc::Rc::make_mut(record);
            (0..setting.lease).for_each(|_| age(record, setting));
        }
    }
    let rules = Rules::of(setting);
    setting.calls.iter().all(|call| {
        let claim = setting.claim(*call, Tag::NEW);
        let found = find(&world, call.operation, &claim, rules);
        !matches!(rules.claim(found, &claim, NOW).0, Claimed::Stands(Standing::InFlight(_)))
    })
}

/// Whether a record may become this one.
pub(super) fn moves_along_an_arrow(
    before: Option<&Record>,
    after: &Record,
    setting: &Setting,
) -> bool {
    let Some(before) = before.filter(|record| !record.is_forgotten(NOW)) else {
        return after.epoch == 1 && matches!(after.state, State::Claimed { .. });
    };
    let same_attempt = before.epoch == after.epoch && before.owner == after.owner;
    let next_attempt = before.epoch + 1 == after.epoch;
    match (&before.state, &after.state) {
        (State::Claimed { tentative: was, .. }, State::Claimed { tentative: is, .. })
            if same_attempt =>
        {
            *was || !*is
        }
        (State::Claimed { .. } | State::Unknown { .. }, State::Claimed { tentative, .. }) => {
            setting.retake && before.is_unknown(NOW) && next_attempt && !tentative
        }
        (State::Released { .. }, State::Claimed { .. }) => next_attempt,
        (
            State::Claimed { .. } | State::Unknown { .. },
            State::Recorded { .. } | State::Released { .. },
        )
        | (State::Claimed { .. }, State::Unknown { .. }) => same_attempt,
        _ => false,
    }
}

/// Whether an effect of an operation may still come from what has begun.
pub(super) fn still_acts(world: &World, operation: Op) -> bool {
    let owner = world.record(operation).map(|record| Tag::of(record.owner));
    let acts = |phase: &Phase| match *phase {
        Phase::Running { held, stage } => {
            held.operation == operation && !matches!(stage, Stage::Answered { .. })
        }
        // It may come to know its own claim.
        Phase::Claiming { owner: claimant, .. } => Some(claimant) == owner,
        _ => false,
    };
    world.ledger.orphans[operation.place()] > 0 || world.replicas.iter().any(acts)
}
