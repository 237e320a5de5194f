//! What comes out of the schema's functions.

use std::time::Duration;

use tokio_postgres::{Row, types::FromSql};

use crate::{
    clock::Timestamp,
    store::{
        Attempt, BusinessKey, Claim, Claimed, Fenced, Fingerprint, Inspected, Lease, Listed,
        MeterId, OperationId, Owner, Payload, PrincipalId, Recorded, Reservation, Standing,
        StoreError, StoredReply, UnreadableRecord,
        record::{Ended, Record, State},
    },
};

/// The only row of an answer.
pub(super) fn only(rows: &[Row]) -> Result<&Row, StoreError> {
    rows.first().ok_or_else(|| unreadable("an answer is missing"))
}

pub(super) fn claimed(row: &Row, claim: &Claim) -> Result<Claimed, StoreError> {
    match standing(row)? {
        Some(standing) => Ok(Claimed::Stands(standing)),
        None => Ok(Claimed::Granted(Lease { attempt: attempt(row)?, length: claim.lease })),
    }
}

/// How the operation stands, or `None` where a claim is granted.
pub(super) fn standing(row: &Row) -> Result<Option<Standing>, StoreError> {
    let verdict: &str = get(row, "verdict")?;
    Ok(Some(match verdict {
        "free" | "own" | "retake" => return Ok(None),
        "in_flight" => Standing::InFlight(duration(get(row, "rest")?)),
        "recorded" => Standing::Recorded(Recorded {
            reply: reply(row)?,
            at: Timestamp::from_millis(get(row, "recorded_at")?),
            duplicate_of: optional_id(row, "duplicate_of")?.map(OperationId::from_bytes),
        }),
        "unknown" => Standing::Unknown(attempt(row)?),
        "conflict" => Standing::Conflict,
        "expired" => Standing::Expired,
        "already_done" => Standing::AlreadyDone,
        "over_budget" => {
            let place: i64 = get(row, "place")?;
            Standing::OverBudget(
                usize::try_from(place).map_err(|_| unreadable("place is negative"))?,
            )
        }
        other => return Err(unreadable(&format!("verdict {other:?}"))),
    }))
}

pub(super) fn secret(row: &Row) -> Result<[u8; 32], StoreError> {
    digest(get(row, 0)?, "secret")
}

/// The transaction that a claim was made in.
pub(super) fn inside(row: &Row) -> Result<String, StoreError> {
    get(row, "inside")
}

pub(super) fn fenced(rows: &[Row]) -> Result<Fenced, StoreError> {
    let applied: bool = get(only(rows)?, 0)?;
    Ok(if applied { Fenced::Applied } else { Fenced::Superseded })
}

pub(super) fn inspected(row: &Row) -> Result<Inspected, StoreError> {
    let attempt = attempt(row)?;
    let record = Record {
        principal: PrincipalId::from_bytes(id(row, "principal")?),
        tool: get(row, "tool")?,
        fingerprint: Fingerprint::from_bytes(id(row, "fingerprint")?),
        business: optional_id(row, "business")?.map(BusinessKey::from_bytes),
        reservations: reservations(row)?,
        arguments: get::<Option<Vec<u8>>, _>(row, "arguments")?.map(Payload::from_bytes),
        epoch: attempt.epoch,
        owner: attempt.owner,
        retaken: get(row, "retaken")?,
        claimed_at: timestamp(row, "claimed_at")?,
        state: state(row)?,
    };
    Ok(Inspected { operation: attempt.operation, record, now: timestamp(row, "read_at")? })
}

/// An operation among others. A row whose id is none is nobody's.
pub(super) fn listed(row: &Row) -> Option<Result<Listed, StoreError>> {
    let operation = OperationId::from_bytes(id(row, "operation").ok()?);
    Some(UnreadableRecord::apart(operation, inspected(row)))
}

fn state(row: &Row) -> Result<State, StoreError> {
    let ended = || -> Result<Ended, StoreError> {
        Ok(Ended {
            at: timestamp(row, "ended_at")?,
            retain_until: timestamp(row, "retain_until")?,
            forget_at: timestamp(row, "forget_at")?,
        })
    };
    let state: &str = get(row, "state")?;
    Ok(match state {
        "claimed" => State::Claimed {
            until: timestamp(row, "lease_until")?,
            tentative: get(row, "tentative")?,
        },
        "recorded" => {
            State::Recorded { reply: reply(row)?, acted: get(row, "acted")?, ended: ended()? }
        }
        "released" => State::Released { ended: ended()? },
        "unknown" => State::Unknown { since: timestamp(row, "since")? },
        other => return Err(unreadable(&format!("state {other:?}"))),
    })
}

/// A reply. What can no longer be replayed was dropped, and is empty.
fn reply(row: &Row) -> Result<StoredReply, StoreError> {
    let body: Option<Vec<u8>> = get(row, "reply")?;
    Ok(StoredReply {
        body: Payload::from_bytes(body.unwrap_or_default()),
        is_error: get(row, "is_error")?,
    })
}

fn reservations(row: &Row) -> Result<Vec<Reservation>, StoreError> {
    let meters: Vec<&[u8]> = get(row, "meters")?;
    let amounts: Vec<i64> = get(row, "amounts")?;
    let spans: Vec<i64> = get(row, "spans")?;
    meters
        .into_iter()
        .zip(amounts)
        .zip(spans)
        .map(|((meter, amount), span)| {
            Ok(Reservation {
                meter: MeterId::from_bytes(digest(meter, "meters")?),
                amount: u64::try_from(amount).map_err(|_| unreadable("amount is negative"))?,
                // It is not kept.
                cap: 0,
                window: duration(span),
            })
        })
        .collect()
}

fn attempt(row: &Row) -> Result<Attempt, StoreError> {
    let epoch: i64 = get(row, "epoch")?;
    Ok(Attempt {
        operation: OperationId::from_bytes(id(row, "operation")?),
        epoch: u32::try_from(epoch).map_err(|_| unreadable("epoch is out of range"))?,
        owner: Owner::from_bytes(digest(get(row, "owner")?, "owner")?),
    })
}

fn timestamp(row: &Row, column: &str) -> Result<Timestamp, StoreError> {
    get(row, column).map(Timestamp::from_millis)
}

fn duration(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

fn id(row: &Row, column: &str) -> Result<[u8; 32], StoreError> {
    digest(get(row, column)?, column)
}

fn optional_id(row: &Row, column: &str) -> Result<Option<[u8; 32]>, StoreError> {
    let bytes: Option<&[u8]> = get(row, column)?;
    bytes.map(|bytes| digest(bytes, column)).transpose()
}

fn digest<const N: usize>(bytes: &[u8], column: &str) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| unreadable(&format!("{column} has {} bytes", bytes.len())))
}

pub(super) fn get<'a, T, I>(row: &'a Row, column: I) -> Result<T, StoreError>
where
    T: FromSql<'a>,
    I: tokio_postgres::row::RowIndex + std::fmt::Display,
{
    row.try_get(column).map_err(|error| unreadable(&super::fault::describe(&error)))
}

fn unreadable(why: &str) -> StoreError {
    StoreError::Unreadable(why.to_owned())
}
