//! What a decision writes.

use rusqlite::{Connection, params};

use super::{
    rows::{CLAIMED, RECORDED, RELEASED, UNKNOWN},
    unavailable,
};
use crate::{
    clock::Timestamp,
    key::{BusinessKey, OperationId},
    store::{
        Payload, Reservation, StoreError,
        record::{Ended, Record, State},
    },
};

/// A record that takes the place of another, and what goes with it.
pub(super) struct Change {
    pub(super) operation: OperationId,
    pub(super) record: Record,
    /// Whether something is kept of budgets that the record before took.
    pub(super) took: bool,
    /// The operations whose records give way to it.
    pub(super) displaced: Vec<OperationId>,
}

impl Change {
    /// Writes it, in one statement or [several](Self::is_several): then whoever calls undoes the
    /// first if a later one fails.
    pub(super) fn write(&self, connection: &Connection) -> Result<(), StoreError> {
        for displaced in &self.displaced {
            forget(connection, displaced).map_err(|error| unavailable(&error))?;
        }
        write_record(connection, &self.operation, &self.record)
            .map_err(|error| unavailable(&error))?;
        if self.took {
            give_back(connection, &self.operation).map_err(|error| unavailable(&error))?;
        }
        for (place, (reservation, until)) in self.taken().enumerate() {
            take(connection, &self.operation, place, reservation, until)?;
        }
        Ok(())
    }

    pub(super) fn is_several(&self) -> bool {
        !self.displaced.is_empty() || self.took || self.taken().next().is_some()
    }

    /// What it takes of budgets. What does not count is not kept.
    fn taken(&self) -> impl Iterator<Item = (&Reservation, Timestamp)> {
        let until = |it| self.record.counts_until(it).map(|until| (it, until));
        self.record.reservations.iter().filter_map(until)
    }
}

/// Its reservations go with it.
fn forget(connection: &Connection, operation: &OperationId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM mcp_guard_operation WHERE operation = ?1")?
        .execute([operation.as_bytes()])
        .map(drop)
}

fn give_back(connection: &Connection, operation: &OperationId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM mcp_guard_reservation WHERE operation = ?1")?
        .execute([operation.as_bytes()])
        .map(drop)
}

fn take(
    connection: &Connection,
    operation: &OperationId,
    place: usize,
    reservation: &Reservation,
    until: Timestamp,
) -> Result<(), StoreError> {
    let amount = i64::try_from(reservation.amount)
        .map_err(|_| StoreError::Unusable("a budget's cap exceeds `MAX_CAP`".into()))?;
    let window = i64::try_from(reservation.window.as_millis()).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "INSERT INTO mcp_guard_reservation
                 (operation, place, meter, amount, counts_for, counts_until)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .and_then(|mut statement| {
            statement.execute((
                operation.as_bytes(),
                i64::try_from(place).unwrap_or(i64::MAX),
                reservation.meter.as_bytes(),
                amount,
                window,
                until.as_millis(),
            ))
        })
        .map(drop)
        .map_err(|error| unavailable(&error))
}

/// Parameters go by their place: to look a name up costs more than to bind.
fn write_record(
    connection: &Connection,
    operation: &OperationId,
    record: &Record,
) -> rusqlite::Result<()> {
    let columns = Columns::of(&record.state);
    connection
        .prepare_cached(
            "INSERT INTO mcp_guard_operation
                 (operation, principal, tool, fingerprint, business, arguments, epoch, owner,
                  retaken, claimed_at, state, lease_until, tentative, reply, is_error, acted, since,
                  ended_at, retain_until, forget_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (operation) DO UPDATE SET
                 principal = excluded.principal, tool = excluded.tool,
                 fingerprint = excluded.fingerprint, business = excluded.business,
                 arguments = excluded.arguments, epoch = excluded.epoch, owner = excluded.owner,
                 retaken = excluded.retaken, claimed_at = excluded.claimed_at,
                 state = excluded.state, lease_until = excluded.lease_until,
                 tentative = excluded.tentative, reply = excluded.reply,
                 is_error = excluded.is_error, acted = excluded.acted, since = excluded.since,
                 ended_at = excluded.ended_at, retain_until = excluded.retain_until,
                 forget_at = excluded.forget_at",
        )?
        .execute(params![
            operation.as_bytes(),
            record.principal.as_bytes(),
            record.tool,
            record.fingerprint.as_bytes(),
            record.business.as_ref().map(BusinessKey::as_bytes),
            record.arguments.as_ref().map(Payload::as_bytes),
            record.epoch,
            record.owner.as_bytes(),
            record.retaken,
            record.claimed_at.as_millis(),
            columns.state,
            columns.lease_until.map(Timestamp::as_millis),
            columns.tentative,
            columns.reply.map(Payload::as_bytes),
            columns.is_error,
            columns.acted,
            columns.since.map(Timestamp::as_millis),
            columns.ended.map(|ended| ended.at.as_millis()),
            columns.ended.map(|ended| ended.retain_until.as_millis()),
            columns.forget_at.map(Timestamp::as_millis),
        ])
        .map(drop)
}

/// A state as columns.
#[derive(Default)]
struct Columns<'a> {
    state: &'static str,
    lease_until: Option<Timestamp>,
    tentative: Option<bool>,
    reply: Option<&'a Payload>,
    is_error: Option<bool>,
    acted: Option<bool>,
    since: Option<Timestamp>,
    ended: Option<&'a Ended>,
    forget_at: Option<Timestamp>,
}

impl<'a> Columns<'a> {
    fn of(state: &'a State) -> Self {
        match state {
            State::Claimed { until, tentative } => Self {
                state: CLAIMED,
                lease_until: Some(*until),
                tentative: Some(*tentative),
                forget_at: tentative.then_some(*until),
                ..Self::default()
            },
            State::Recorded { reply, acted, ended } => Self {
                state: RECORDED,
                reply: Some(&reply.body),
                is_error: Some(reply.is_error),
                acted: Some(*acted),
                ended: Some(ended),
                forget_at: Some(ended.forget_at),
                ..Self::default()
            },
            State::Released { ended } => Self {
                state: RELEASED,
                ended: Some(ended),
                forget_at: Some(ended.forget_at),
                ..Self::default()
            },
            State::Unknown { since } => {
                Self { state: UNKNOWN, since: Some(*since), ..Self::default() }
            }
        }
    }
}
