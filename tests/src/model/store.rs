//! The store: records, the rules, and a clock that always stands at zero.

use std::rc::Rc;

use mcp_guard::{
    Timestamp,
    store::{
        Claim, Claimed, Fenced, Payload, Settlement, StoredReply,
        record::{Ended, Found, Record, State},
    },
};

use super::{
    judge::{Property, moves_along_an_arrow},
    mutation::Rules,
    setting::{Call, Setting, TICK},
    world::{ALL, Held, Kept, Op, Tag, Verdict, World},
};

/// What the store's clock says.
pub(super) const NOW: Timestamp = Timestamp::from_millis(0);

/// What a replica or the resolver asks of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Write {
    Claim(Call, Tag),
    /// A claim that takes nothing over.
    Withdraw(Call, Tag),
    Renew(Held),
    Dispatch(Held),
    Settle(Held, Outcome),
    Resolve(Verdict),
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Outcome {
    Done,
    Refused,
    NothingDone,
    Ambiguous,
}

/// What the store answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answered {
    Claimed(Claimed),
    Fenced(Fenced),
}

impl Write {
    pub(super) fn owner_mut(&mut self) -> &mut Tag {
        match self {
            Self::Claim(_, owner) | Self::Withdraw(_, owner) => owner,
            Self::Renew(held) | Self::Dispatch(held) | Self::Settle(held, _) => &mut held.owner,
            Self::Resolve(verdict) => &mut verdict.about.owner,
        }
    }
}

/// Applies a write, as every store does: read the record, ask the rule, write what it says.
pub(super) fn apply(
    world: &mut World,
    write: Write,
    setting: &Setting,
    broken: &mut Option<Property>,
) -> Answered {
    let rules = Rules::of(setting);
    let (answered, operation, changed) = match write {
        Write::Claim(call, owner) | Write::Withdraw(call, owner) => {
            let mut claim = setting.claim(call, owner);
            claim.retake &= matches!(write, Write::Claim(..));
            let found = find(world, call.operation, &claim, rules);
            let (claimed, granted) = rules.claim(found, &claim, NOW);
            let operation = match &claimed {
                Claimed::Granted(lease) => Op::of(&lease.attempt.operation),
                Claimed::Stands(_) => call.operation,
            };
            (Answered::Claimed(claimed), operation, granted)
        }
        Write::Renew(held) => {
            fenced(world, held, |record| rules.renew(record, &held.lease(setting), NOW))
        }
        Write::Dispatch(held) => {
            fenced(world, held, |record| rules.dispatch(record, &held.lease(setting), NOW))
        }
        Write::Settle(held, outcome) => fenced(world, held, |record| {
            rules.settle(record, &held.lease(setting), &settlement(held, outcome, setting), NOW)
        }),
        Write::Resolve(Verdict { about, landed }) => fenced(world, about, |record| {
            let outcome = if landed { Outcome::Done } else { Outcome::NothingDone };
            rules.resolve(record, &about.attempt(), &settlement(about, outcome, setting), NOW)
        }),
    };
    if let Some(record) = changed {
        if !moves_along_an_arrow(world.record(operation), &record, setting) {
            *broken = Some(Property::Arrows);
        }
        if matches!(answered, Answered::Claimed(_)) {
            make_way(world, operation, &record, rules);
        }
        world.records[operation.place()] = Kept(Some(Rc::new(record)));
    }
    answered
}

/// Removes what gives way to the record of a claim that is granted.
fn make_way(world: &mut World, operation: Op, granted: &Record, rules: Rules) {
    for other in ALL.into_iter().filter(|other| *other != operation) {
        if world.record(other).is_some_and(|record| rules.gives_way(record, granted, NOW)) {
            world.records[other.place()] = Kept(None);
        }
    }
}

fn fenced(
    world: &World,
    held: Held,
    rule: impl FnOnce(Option<Record>) -> (Fenced, Option<Record>),
) -> (Answered, Op, Option<Record>) {
    let (fenced, changed) = rule(world.record(held.operation).cloned());
    (Answered::Fenced(fenced), held.operation, changed)
}

/// What the rules want to know of a claim.
pub(super) fn find(world: &World, operation: Op, claim: &Claim, rules: Rules) -> Found {
    let others = || {
        let others = ALL.into_iter().filter(|other| *other != operation);
        others.filter_map(|other| Some((other, world.record(other)?)))
    };
    let holder = others().find(|(_, record)| {
        claim.business.is_some()
            && record.business == claim.business
            && record.holds_business_key(NOW)
    });
    let used = claim.reservations.iter().map(|wanted| {
        others()
            .flat_map(|(_, record)| record.reservations.iter().map(move |had| (record, had)))
            .filter(|(_, had)| had.meter == wanted.meter)
            .filter(|(record, had)| rules.counts(record, had, NOW))
            .map(|(_, had)| had.amount)
            .sum()
    });
    Found {
        own: world.record(operation).cloned(),
        holder: holder.map(|(operation, record)| (operation.id(), record.clone())),
        used: used.collect(),
    }
}

fn settlement(held: Held, outcome: Outcome, setting: &Setting) -> Settlement {
    let retention = setting.kept();
    match outcome {
        Outcome::Done | Outcome::Refused => {
            let acted = outcome == Outcome::Done;
            Settlement::Recorded { reply: reply(held.key, acted), acted, retention }
        }
        Outcome::NothingDone => Settlement::Released { retention },
        Outcome::Ambiguous => Settlement::Unknown,
    }
}

/// The answer of an operation, which names what it tells of.
fn reply(key: Op, acted: bool) -> StoredReply {
    StoredReply { body: Payload::from_bytes(vec![key.0]), is_error: !acted }
}

/// Everything that is kept gets one tick older. Of a time that has passed nothing matters but that
/// it has; the times at which a record was claimed or became unknown are for people to read.
pub(super) fn age(record: &mut Record, setting: &Setting) {
    match &mut record.state {
        State::Claimed { until, .. } => *until = sooner(*until, 0),
        State::Recorded { ended, acted: true, .. } => {
            *ended = later(*ended, setting.window.map_or(0, i64::from));
        }
        State::Recorded { ended, .. } | State::Released { ended } => *ended = later(*ended, 0),
        State::Unknown { .. } => {}
    }
}

/// The clock is set back by a tick. It may have been set forward before, so that a lease that has run
/// out stands again.
pub(super) fn stand_again(record: &mut Record, setting: &Setting) {
    if let State::Claimed { until, .. } = &mut record.state {
        *until = until.after(TICK).min(NOW.after(setting.lease()));
    }
}

/// What ended, one tick later. For so long it matters when it did.
fn later(ended: Ended, counted: i64) -> Ended {
    Ended {
        at: sooner(ended.at, -counted),
        retain_until: sooner(ended.retain_until, 0),
        forget_at: sooner(ended.forget_at, 0),
    }
}

fn sooner(time: Timestamp, earliest: i64) -> Timestamp {
    if time == Timestamp::MAX {
        return time;
    }
    let tick = i64::try_from(TICK.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis((time.as_millis() - tick).max(earliest))
}
