//! How everything stands at one moment.

use std::{
    hash::{Hash, Hasher},
    rc::Rc,
};

use mcp_guard::store::{
    Attempt, Lease, Owner,
    record::{Record, State},
};

use super::{backend::Ledger, replica::Phase, setting::Setting, store::Write};

/// How many operations there are.
pub(super) const OPERATIONS: usize = 2;

/// An operation, by the client's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Op(pub(super) u8);

/// The operation of one key.
pub const OPERATION_A: Op = Op(0);
/// The operation of another key.
pub const OPERATION_B: Op = Op(1);

/// Both.
pub(super) const ALL: [Op; OPERATIONS] = [OPERATION_A, OPERATION_B];

impl Op {
    pub(super) fn place(self) -> usize {
        usize::from(self.0)
    }
}

/// An attempt's owner. There are few at any time, so they are numbered, and those that nobody can
/// speak for any more are all [`Tag::GONE`]: the rules ask only whether two are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Tag(pub(super) u8);

impl Tag {
    pub(super) const GONE: Self = Self(0);
    /// One that nobody has, until [`World::number_owners`] gives it a number.
    pub(super) const NEW: Self = Self(u8::MAX);

    pub(super) fn of(owner: Owner) -> Self {
        Self(owner.as_bytes()[0])
    }
}

/// What a replica knows of the attempt that is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Held {
    pub(super) operation: Op,
    pub(super) epoch: u32,
    pub(super) owner: Tag,
    /// The operation whose downstream key the backend is given.
    pub(super) key: Op,
}

impl Held {
    pub(super) fn lease(self, setting: &Setting) -> Lease {
        Lease { attempt: self.attempt(), length: setting.lease() }
    }

    pub(super) fn attempt(self) -> Attempt {
        Attempt { operation: self.operation.id(), epoch: self.epoch, owner: self.owner.owner() }
    }
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub(super) records: [Kept; OPERATIONS],
    pub(super) ledger: Ledger,
    pub(super) replicas: [Phase; 2],
    pub(super) names: Names,
    /// What the resolver has found out and not written yet.
    pub(super) verdict: Option<Verdict>,
    /// A write whose sender has given up, on its way.
    pub(super) late: Option<Write>,
}

/// What the replicas are called in a trace. It makes no difference to how the world stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names(pub(super) [u8; 2]);

impl PartialEq for Names {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Names {}

impl Hash for Names {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// What the resolver has found out of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Verdict {
    pub(super) about: Held,
    pub(super) landed: bool,
}

/// A record in the store, or none. Shared between worlds, since most steps leave it alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Kept(pub(super) Option<Rc<Record>>);

impl Kept {
    pub(super) fn get(&self) -> Option<&Record> {
        self.0.as_deref()
    }
}

/// Of what differs between the records of one world. Whether two are equal, `Eq` says.
impl Hash for Kept {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Some(record) = self.get() else { return hasher.write_u8(0) };
        (record.epoch, Tag::of(record.owner)).hash(hasher);
        match &record.state {
            State::Claimed { until, tentative } => (1_u8, until, tentative).hash(hasher),
            State::Recorded { ended, acted, .. } => (2_u8, ended.at, acted).hash(hasher),
            State::Released { ended } => (3_u8, ended.at).hash(hasher),
            State::Unknown { .. } => hasher.write_u8(4),
        }
    }
}

impl World {
    /// Nothing has happened.
    pub(super) fn new() -> Self {
        Self {
            records: [Kept(None), Kept(None)],
            ledger: Ledger::default(),
            replicas: [Phase::Idle, Phase::Idle],
            names: Names([1, 2]),
            verdict: None,
            late: None,
        }
    }

    pub(super) fn record(&self, operation: Op) -> Option<&Record> {
        self.records[operation.place()].get()
    }

    /// How far everybody is from being done, if nothing fails.
    pub(super) fn rank(&self) -> usize {
        let replicas: usize = self.replicas.iter().map(|replica| replica.rank()).sum();
        let orphans: u8 = self.ledger.orphans.iter().sum();
        let writes = usize::from(self.verdict.is_some()) + usize::from(self.late.is_some());
        replicas + usize::from(orphans) + writes
    }

    /// Orders the replicas and numbers the owners, so that worlds in which only their names differ
    /// are one.
    pub(super) fn normalize(&mut self) {
        let [one, two] = self.replicas;
        if (one.anonymous(), self.owns_records(one)) > (two.anonymous(), self.owns_records(two)) {
            self.replicas.reverse();
            self.names.0.reverse();
        }
        self.number_owners();
    }

    fn owns_records(&self, mut replica: Phase) -> [bool; OPERATIONS] {
        let owner = replica.owner_mut().map(|owner| *owner);
        ALL.map(|operation| {
            owner.is_some() && self.record(operation).map(|it| Tag::of(it.owner)) == owner
        })
    }

    fn number_owners(&mut self) {
        let mut met = Vec::new();
        let mut number = |owner: &mut Tag| {
            if !met.contains(owner) {
                met.push(*owner);
            }
            *owner = numbered(&met, *owner);
        };
        self.replicas.iter_mut().filter_map(Phase::owner_mut).for_each(&mut number);
        self.late.as_mut().into_iter().map(Write::owner_mut).for_each(&mut number);
        self.verdict.iter_mut().map(|it| &mut it.about.owner).for_each(&mut number);
        for kept in &mut self.records {
            let Some(record) = &mut kept.0 else { continue };
            let owner = Tag::of(record.owner);
            let renamed = numbered(&met, owner);
            if renamed != owner {
                Rc::make_mut(record).owner = renamed.owner();
            }
        }
    }
}

/// An owner's new name, by its place among those that somebody speaks for.
fn numbered(met: &[Tag], owner: Tag) -> Tag {
    (1..).zip(met).find(|(_, it)| **it == owner).map_or(Tag::GONE, |(number, _)| Tag(number))
}
