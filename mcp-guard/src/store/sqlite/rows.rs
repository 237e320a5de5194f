//! Records as rows: what is read for a decision, and what a decision writes.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::unreadable;
use crate::{
    clock::Timestamp,
    key::{BusinessKey, Fingerprint, MeterId, OperationId, PrincipalId},
    store::{
        Claim, Inspected, Owner, Payload, Reservation, StoreError, StoredReply,
        record::{Ended, Found, Record, State},
    },
};

pub(super) const CLAIMED: &str = "claimed";
pub(super) const RECORDED: &str = "recorded";
pub(super) const RELEASED: &str = "released";
pub(super) const UNKNOWN: &str = "unknown";

/// What is found for a claim.
pub(super) struct Rows {
    pub(super) found: Found,
    /// A record that is forgotten and not yet swept, in whose place the claim's business key comes.
    pub(super) forgotten: Option<OperationId>,
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
    let (holder, forgotten) = match other {
        Some((operation, record)) if record.is_forgotten(now) => (None, Some(operation)),
        other => (other, None),
    };
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
        .prepare_cached("SELECT * FROM mcp_guard_operation WHERE operation = ?1")
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
    let found = connection
        .prepare_cached(
            "SELECT * FROM mcp_guard_operation
             WHERE business = ?1 AND business IS NOT NULL
                   AND (state IN ('claimed', 'unknown') OR acted = 1) AND operation <> ?2",
        )
        .and_then(|mut statement| {
            statement.query_row([business.as_bytes(), own.as_bytes()], identified).optional()
        })
        .map_err(|error| unreadable(&error))?;
    let complete = |(operation, record)| {
        with_reservations(connection, &operation, record).map(|record| (operation, record))
    };
    found.map(complete).transpose()
}

/// What is held and spent of a meter.
///
/// The rules ask what *other* operations take, where the claimed one is free. Then it takes nothing
/// itself: what is released gives back, and what is forgotten has stopped to count.
fn used(connection: &Connection, meter: &MeterId, now: Timestamp) -> Result<u64, StoreError> {
    let sum: i64 = connection
        .prepare_cached(
            "SELECT coalesce(sum(amount), 0) FROM mcp_guard_reservation
             WHERE meter = ?1 AND counts_until > ?2",
        )
        .and_then(|mut statement| {
            statement.query_row((meter.as_bytes(), now.as_millis()), |row| row.get(0))
        })
        .map_err(|error| unreadable(&error))?;
    u64::try_from(sum).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// The unknown operations behind `after`, in the order of their ids.
pub(super) fn unresolved(
    connection: &Connection,
    after: Option<OperationId>,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<Inspected>, StoreError> {
    let after = after.as_ref().map_or(&[][..], |after| after.as_bytes());
    let found = connection
        .prepare_cached(
            "SELECT * FROM mcp_guard_operation
             WHERE state IN ('claimed', 'unknown') AND operation > ?1
                   AND (state = 'unknown' OR (tentative = 0 AND lease_until <= ?2))
             ORDER BY operation LIMIT ?3",
        )
        .and_then(|mut statement| {
            statement
                .query_map((after, now.as_millis(), limit), identified)?
                .collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(|error| unreadable(&error))?;
    let inspected = |(operation, record)| {
        let record = with_reservations(connection, &operation, record)?;
        Ok(Inspected { operation, record, now })
    };
    found.into_iter().map(inspected).collect()
}

fn identified(row: &Row<'_>) -> rusqlite::Result<(OperationId, Record)> {
    Ok((OperationId::from_bytes(row.get("operation")?), record_of(row)?))
}

/// The row's record, without its reservations.
fn record_of(row: &Row<'_>) -> rusqlite::Result<Record> {
    let timestamp = |column| row.get(column).map(Timestamp::from_millis);
    let payload = |column| row.get(column).map(|bytes: Option<_>| bytes.map(Payload::from_bytes));
    let ended = || -> rusqlite::Result<Ended> {
        Ok(Ended {
            at: timestamp("ended_at")?,
            retain_until: timestamp("retain_until")?,
            forget_at: timestamp("forget_at")?,
        })
    };
    let state = match row.get_ref("state")?.as_str()? {
        CLAIMED => {
            State::Claimed { until: timestamp("lease_until")?, tentative: row.get("tentative")? }
        }
        RECORDED => State::Recorded {
            // The sweeper drops the body when it can no longer be replayed.
            reply: StoredReply {
                body: payload("reply")?.unwrap_or_else(|| Payload::from_bytes(Vec::new())),
                is_error: row.get("is_error")?,
            },
            acted: row.get("acted")?,
            ended: ended()?,
        },
        RELEASED => State::Released { ended: ended()? },
        UNKNOWN => State::Unknown { since: timestamp("since")? },
        _ => return Err(rusqlite::Error::InvalidQuery),
    };
    Ok(Record {
        principal: PrincipalId::from_bytes(row.get("principal")?),
        tool: row.get("tool")?,
        fingerprint: Fingerprint::from_bytes(row.get("fingerprint")?),
        business: row.get::<_, Option<_>>("business")?.map(BusinessKey::from_bytes),
        reservations: Vec::new(),
        arguments: payload("arguments")?,
        epoch: row.get("epoch")?,
        owner: Owner::from_bytes(row.get("owner")?),
        retaken: row.get("retaken")?,
        claimed_at: timestamp("claimed_at")?,
        state,
    })
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
        .prepare_cached(
            "SELECT meter, amount, counts_for FROM mcp_guard_reservation
             WHERE operation = ?1 ORDER BY place",
        )
        .and_then(|mut statement| {
            statement
                .query_map([operation.as_bytes()], reservation)?
                .collect::<rusqlite::Result<_>>()
        })
        .map_err(|error| unreadable(&error))?;
    Ok(Record { reservations, ..record })
}
