//! Records as rows: what is read for a decision, and what a decision writes.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use super::unreadable;
use crate::{
    clock::Timestamp,
    key::{BusinessKey, Fingerprint, MeterId, OperationId, PrincipalId},
    store::{
        Claim, Inspected, Listed, Owner, Payload, Reservation, StoreError, StoredReply,
        UnreadableRecord,
        record::{Ended, Found, Record, State},
    },
};

pub(super) const CLAIMED: &str = "claimed";
pub(super) const RECORDED: &str = "recorded";
pub(super) const RELEASED: &str = "released";
pub(super) const UNKNOWN: &str = "unknown";

/// The columns of a record, in the order in which they are read.
macro_rules! columns {
    () => {
        "SELECT operation, principal, tool, fingerprint, business, arguments, epoch, owner, retaken,
                claimed_at, state, lease_until, tentative, reply, is_error, acted, since, ended_at,
                retain_until, forget_at
         FROM mcp_guard_operation "
    };
}

const BY_OPERATION: &str = concat!(columns!(), "WHERE operation = ?1");
/// As the unique index says it, so that it is used.
const BY_BUSINESS: &str = concat!(
    columns!(),
    "WHERE business = ?1 AND business IS NOT NULL
           AND (state IN ('claimed', 'unknown') OR acted = 1) AND operation <> ?2"
);
const LAPSED: &str =
    concat!(columns!(), "WHERE tentative = 1 AND lease_until <= ?1 AND operation <> ?2");
const UNRESOLVED: &str = concat!(
    columns!(),
    "WHERE state IN ('claimed', 'unknown') AND operation > ?1 AND length(operation) = 32
           AND (state = 'unknown' OR (tentative = 0 AND lease_until <= ?2))
     ORDER BY operation LIMIT ?3"
);
const RESERVATIONS: &str = "SELECT meter, amount, counts_for FROM mcp_guard_reservation
                            WHERE operation = ?1 ORDER BY place";
const SUM: &str = "SELECT coalesce(sum(amount), 0) FROM mcp_guard_reservation
                   WHERE meter = ?1 AND counts_until > ?2";

/// What is found for a claim.
pub(super) struct Rows {
    pub(super) found: Found,
    /// Records that are forgotten and not yet swept, among them those that would give way to it.
    pub(super) forgotten: Vec<(OperationId, Record)>,
}

/// Everything that the rules want to know for a claim.
pub(super) fn find(
    connection: &Connection,
    claim: &Claim,
    now: Timestamp,
) -> Result<Rows, StoreError> {
    let own = read(connection, &claim.operation)?;
    let other = match &claim.business {
        Some(business) => read_by_business(connection, business, &claim.operation)?,
        None => None,
    };
    let (holder, mut forgotten) = match other {
        Some((operation, record)) if record.is_forgotten(now) => (None, vec![(operation, record)]),
        other => (other, Vec::new()),
    };
    if !claim.reservations.is_empty() {
        forgotten.extend(lapsed(connection, &claim.operation, now)?);
    }
    let used = claim.reservations.iter().map(|wanted| used(connection, &wanted.meter, now));
    let found = Found { own, holder, used: used.collect::<Result<_, _>>()? };
    Ok(Rows { found, forgotten })
}

/// An operation's record.
pub(super) fn read(
    connection: &Connection,
    operation: &OperationId,
) -> Result<Option<Record>, StoreError> {
    let found = connection
        .prepare_cached(BY_OPERATION)
        .and_then(|mut statement| statement.query_row([operation.as_bytes()], record_of).optional())
        .map_err(|error| unreadable(&error))?;
    found.map(|record| with_reservations(connection, operation, record)).transpose()
}

/// The record of the other operation with this business key that held it when it was written. There
/// is one at most: the index is unique.
fn read_by_business(
    connection: &Connection,
    business: &BusinessKey,
    own: &OperationId,
) -> Result<Option<(OperationId, Record)>, StoreError> {
    let found = several(connection, BY_BUSINESS, [business.as_bytes(), own.as_bytes()])?;
    Ok(found.into_iter().next())
}

/// What is held and spent of a meter.
///
/// The rules ask what *other* operations take, where the claimed one is free. Then it takes nothing
/// itself: what is released gives back, and what is forgotten has stopped to count.
fn used(connection: &Connection, meter: &MeterId, now: Timestamp) -> Result<u64, StoreError> {
    let sum: i64 = connection
        .prepare_cached(SUM)
        .and_then(|mut statement| {
            statement.query_row((meter.as_bytes(), now.as_millis()), |row| row.get(0))
        })
        .map_err(|error| unreadable(&error))?;
    u64::try_from(sum).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// The other operations whose tentative claims have lapsed: few, since a sweep drops them.
fn lapsed(
    connection: &Connection,
    own: &OperationId,
    now: Timestamp,
) -> Result<Vec<(OperationId, Record)>, StoreError> {
    several(connection, LAPSED, (now.as_millis(), own.as_bytes()))
}

/// The unknown operations behind `after`, in the order of their ids, whether or not all can be read.
pub(super) fn unresolved(
    connection: &Connection,
    after: Option<OperationId>,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<Listed>, StoreError> {
    let after = after.as_ref().map_or(&[][..], |after| after.as_bytes());
    let found = connection
        .prepare_cached(UNRESOLVED)
        .and_then(|mut statement| {
            let each = |row: &Row<'_>| Ok((OperationId::from_bytes(row.get(0)?), record_of(row)));
            statement
                .query_map((after, now.as_millis(), limit), each)?
                .collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(|error| unreadable(&error))?;
    let listed = |(operation, record): (_, rusqlite::Result<_>)| {
        let read = record
            .map_err(|error| unreadable(&error))
            .and_then(|record| with_reservations(connection, &operation, record))
            .map(|record| Inspected { operation, record, now });
        UnreadableRecord::apart(operation, read)
    };
    found.into_iter().map(listed).collect()
}

/// The records that a question finds, with their reservations.
fn several(
    connection: &Connection,
    question: &str,
    parameters: impl Params,
) -> Result<Vec<(OperationId, Record)>, StoreError> {
    let found = connection
        .prepare_cached(question)
        .and_then(|mut statement| {
            statement.query_map(parameters, identified)?.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(|error| unreadable(&error))?;
    let complete = |(operation, record)| {
        with_reservations(connection, &operation, record).map(|record| (operation, record))
    };
    found.into_iter().map(complete).collect()
}

fn identified(row: &Row<'_>) -> rusqlite::Result<(OperationId, Record)> {
    Ok((OperationId::from_bytes(row.get(0)?), record_of(row)?))
}

/// The row's record, without its reservations. Columns go by their place: to look a name up costs
/// more than to read.
fn record_of(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        principal: PrincipalId::from_bytes(row.get(1)?),
        tool: row.get(2)?,
        fingerprint: Fingerprint::from_bytes(row.get(3)?),
        business: row.get::<_, Option<_>>(4)?.map(BusinessKey::from_bytes),
        reservations: Vec::new(),
        arguments: payload(row, 5)?,
        epoch: row.get(6)?,
        owner: Owner::from_bytes(row.get(7)?),
        retaken: row.get(8)?,
        claimed_at: time(row, 9)?,
        state: state_of(row)?,
    })
}

fn state_of(row: &Row<'_>) -> rusqlite::Result<State> {
    let ended = || -> rusqlite::Result<Ended> {
        Ok(Ended { at: time(row, 17)?, retain_until: time(row, 18)?, forget_at: time(row, 19)? })
    };
    Ok(match row.get_ref(10)?.as_str()? {
        CLAIMED => State::Claimed { until: time(row, 11)?, tentative: row.get(12)? },
        RECORDED => State::Recorded {
            // The sweeper drops the body when it can no longer be replayed.
            reply: StoredReply {
                body: payload(row, 13)?.unwrap_or_else(|| Payload::from_bytes(Vec::new())),
                is_error: row.get(14)?,
            },
            acted: row.get(15)?,
            ended: ended()?,
        },
        RELEASED => State::Released { ended: ended()? },
        UNKNOWN => State::Unknown { since: time(row, 16)? },
        _ => return Err(rusqlite::Error::InvalidQuery),
    })
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

fn payload(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Payload>> {
    Ok(row.get::<_, Option<_>>(column)?.map(Payload::from_bytes))
}

fn with_reservations(
    connection: &Connection,
    operation: &OperationId,
    record: Record,
) -> Result<Record, StoreError> {
    let reservation = |row: &Row<'_>| {
        let number = |column| {
            let number: i64 = row.get(column)?;
            u64::try_from(number)
                .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
        };
        Ok(Reservation {
            meter: MeterId::from_bytes(row.get(0)?),
            amount: number(1)?,
            cap: 0,
            window: Duration::from_millis(number(2)?),
        })
    };
    let reservations = connection
        .prepare_cached(RESERVATIONS)
        .and_then(|mut statement| {
            statement
                .query_map([operation.as_bytes()], reservation)?
                .collect::<rusqlite::Result<_>>()
        })
        .map_err(|error| unreadable(&error))?;
    Ok(Record { reservations, ..record })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::SystemClock, store::sqlite::file};

    /// A store of a million records is as fast as a small one.
    #[test]
    fn every_question_is_answered_by_an_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("guard.db");
        let (connection, _place) = file::open(&path, &SystemClock).expect("the file");
        for (query, index) in [
            (BY_OPERATION, "INDEX sqlite_autoindex_mcp_guard_operation_1 (operation=?)"),
            (BY_BUSINESS, "INDEX mcp_guard_operation_business (business=?)"),
            (LAPSED, "INDEX mcp_guard_operation_tentative (lease_until<?)"),
            (UNRESOLVED, "INDEX mcp_guard_operation_unresolved (operation>?)"),
            (RESERVATIONS, "PRIMARY KEY (operation=?)"),
            (SUM, "COVERING INDEX mcp_guard_reservation_sum (meter=? AND counts_until>?)"),
        ] {
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).expect("it");
            let steps: Vec<String> = plan
                .raw_query()
                .mapped(|row| row.get("detail"))
                .collect::<rusqlite::Result<_>>()
                .expect("a plan");
            assert!(steps.len() == 1 && steps[0].contains(index), "{query}: {steps:?}");
        }
    }
}
