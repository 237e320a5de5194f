//! What each operation of the store reads, which rule it asks, and what that writes.

use rusqlite::Connection;

use super::{
    change::Change,
    rows::{self, Rows},
};
use crate::{
    clock::{Clock, Timestamp},
    key::OperationId,
    store::{
        Attempt, Claim, Claimed, Fenced, Inspected, Lease, Listed, Settlement, Standing,
        StoreError,
        record::{self, Record},
    },
};

/// An answer, and what has to be written for it to be true.
pub(super) type Decision<T> = Result<(T, Option<Change>), StoreError>;

pub(super) fn claim(
    connection: &Connection,
    claim: &Claim,
    clock: &dyn Clock,
) -> Decision<Claimed> {
    // Read inside the transaction: waiting for it may take longer than a lease.
    let now = time(clock)?;
    let Rows { found, forgotten } = rows::find(connection, claim, now)?;
    let (own, holder) = (took(found.own.as_ref()), took(found.holder.as_ref().map(|(_, it)| it)));
    let (claimed, granted) = record::on_claim(found, claim, now);
    let change = match (&claimed, granted) {
        (Claimed::Granted(lease), Some(record)) => {
            let operation = lease.attempt.operation;
            let took = if operation == claim.operation { own } else { holder };
            let gives_way =
                |(other, had): (_, Record)| had.gives_way_to(&record, now).then_some(other);
            let displaced = forgotten.into_iter().filter_map(gives_way).collect();
            Some(Change { operation, record, took, displaced })
        }
        _ => None,
    };
    Ok((claimed, change))
}

pub(super) fn recall(
    connection: &Connection,
    claim: &Claim,
    clock: &dyn Clock,
) -> Decision<Option<Standing>> {
    let now = time(clock)?;
    let unbudgeted = Claim { reservations: Vec::new(), ..claim.clone() };
    let Rows { found, .. } = rows::find(connection, &unbudgeted, now)?;
    Ok((record::on_recall(found, claim, now), None))
}

pub(super) fn renew(connection: &Connection, lease: &Lease, clock: &dyn Clock) -> Decision<Fenced> {
    fenced(connection, &lease.attempt, clock, |record, now| record::on_renew(record, lease, now))
}

pub(super) fn dispatch(
    connection: &Connection,
    lease: &Lease,
    clock: &dyn Clock,
) -> Decision<Fenced> {
    fenced(connection, &lease.attempt, clock, |record, now| record::on_dispatch(record, lease, now))
}

pub(super) fn settle(
    connection: &Connection,
    lease: &Lease,
    settlement: &Settlement,
    clock: &dyn Clock,
) -> Decision<Fenced> {
    fenced(connection, &lease.attempt, clock, |record, now| {
        record::on_settle(record, lease, settlement, now)
    })
}

pub(super) fn resolve(
    connection: &Connection,
    attempt: &Attempt,
    settlement: &Settlement,
    clock: &dyn Clock,
) -> Decision<Fenced> {
    fenced(connection, attempt, clock, |record, now| {
        record::on_resolve(record, attempt, settlement, now)
    })
}

pub(super) fn inspect(
    connection: &Connection,
    operation: OperationId,
    clock: &dyn Clock,
) -> Decision<Option<Inspected>> {
    let now = time(clock)?;
    let record = rows::read(connection, &operation)?.filter(|record| !record.is_forgotten(now));
    Ok((record.map(|record| Inspected { operation, record, now }), None))
}

pub(super) fn unresolved(
    connection: &Connection,
    after: Option<OperationId>,
    limit: u32,
    clock: &dyn Clock,
) -> Decision<Vec<Listed>> {
    let now = time(clock)?;
    Ok((rows::unresolved(connection, after, limit, now)?, None))
}

/// Reads a record, asks a rule, writes what it says.
fn fenced(
    connection: &Connection,
    attempt: &Attempt,
    clock: &dyn Clock,
    rule: impl FnOnce(Option<Record>, Timestamp) -> (Fenced, Option<Record>),
) -> Decision<Fenced> {
    let now = time(clock)?;
    let record = rows::read(connection, &attempt.operation)?;
    let (operation, took) = (attempt.operation, took(record.as_ref()));
    let (fenced, changed) = rule(record, now);
    Ok((fenced, changed.map(|record| Change { operation, record, took, displaced: Vec::new() })))
}

/// Whether something is kept of budgets that the record takes.
fn took(record: Option<&Record>) -> bool {
    record.is_some_and(|record| !record.reservations.is_empty())
}

fn time(clock: &dyn Clock) -> Result<Timestamp, StoreError> {
    clock.now().ok_or(StoreError::NoClock)
}
