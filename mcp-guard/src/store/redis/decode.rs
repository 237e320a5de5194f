//! What the scripts answer.

mod record;

use std::vec;

use redis::Value;

use self::record::record;
use super::call::NEVER;
use crate::{
    clock::Timestamp,
    secret::DeploymentSecret,
    store::{
        Attempt, Claim, Claimed, Fenced, Inspected, Lease, Listed, OperationId, Owner, Payload,
        Recorded, Standing, StoreError, StoredReply, UnreadableRecord,
    },
};

pub(super) fn claimed(value: Value, claim: &Claim) -> Result<Claimed, StoreError> {
    let mut answer = Answer::of(value)?;
    match answer.text()?.as_str() {
        "granted" => {
            let (operation, epoch) = (answer.operation()?, answer.epoch()?);
            let attempt = Attempt { operation, epoch, owner: claim.owner };
            Ok(Claimed::Granted(Lease { attempt, length: claim.lease }))
        }
        kind => standing(kind, answer).map(Claimed::Stands),
    }
}

pub(super) fn recalled(value: Value) -> Result<Option<Standing>, StoreError> {
    let mut answer = Answer::of(value)?;
    match answer.text()?.as_str() {
        "free" => Ok(None),
        kind => standing(kind, answer).map(Some),
    }
}

pub(super) fn fenced(value: Value) -> Result<Fenced, StoreError> {
    match Answer::of(value)?.text()?.as_str() {
        "applied" => Ok(Fenced::Applied),
        "superseded" => Ok(Fenced::Superseded),
        _ => Err(strange()),
    }
}

pub(super) fn inspected(value: Value) -> Result<Option<Inspected>, StoreError> {
    let mut answer = Answer::of(value)?;
    if answer.is_empty() { Ok(None) } else { answer.inspected().map(Some) }
}

/// Some operations, and where to look for more.
pub(super) fn page(value: Value) -> Result<(Vec<Listed>, Option<String>), StoreError> {
    let mut answer = Answer::of(value)?;
    let found = answer.list()?.map(|one| Answer::of(one)?.listed()).collect::<Result<_, _>>()?;
    let next = answer.text()?;
    Ok((found, (!next.is_empty()).then_some(next)))
}

pub(super) fn secret(value: Value) -> Result<DeploymentSecret, StoreError> {
    let kept = Answer::of(value)?.bytes()?;
    unhex(&kept).map(DeploymentSecret::from_bytes)
}

/// How many records a sweep has looked at.
pub(super) fn swept(value: Value) -> Result<u64, StoreError> {
    u64::try_from(Answer::of(value)?.integer()?).map_err(|_| strange())
}

fn standing(kind: &str, mut answer: Answer) -> Result<Standing, StoreError> {
    Ok(match kind {
        "in_flight" => {
            let (until, now) = (answer.time()?, answer.time()?);
            Standing::InFlight(until.since(now))
        }
        "recorded" => Standing::Recorded(answer.recorded()?),
        "unknown" => Standing::Unknown(Attempt {
            operation: answer.operation()?,
            epoch: answer.epoch()?,
            owner: Owner::from_bytes(answer.id()?),
        }),
        "conflict" => Standing::Conflict,
        "expired" => Standing::Expired,
        "already_done" => Standing::AlreadyDone,
        "over_budget" => {
            Standing::OverBudget(usize::try_from(answer.integer()?).map_err(|_| strange())?)
        }
        _ => return Err(strange()),
    })
}

/// The parts of an answer, one after the other.
struct Answer(vec::IntoIter<Value>);

impl Answer {
    fn of(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Array(parts) => Ok(Self(parts.into_iter())),
            _ => Err(strange()),
        }
    }

    fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    fn list(&mut self) -> Result<vec::IntoIter<Value>, StoreError> {
        match self.0.next() {
            Some(Value::Array(parts)) => Ok(parts.into_iter()),
            _ => Err(strange()),
        }
    }

    fn bytes(&mut self) -> Result<Vec<u8>, StoreError> {
        match self.0.next() {
            Some(Value::BulkString(bytes)) => Ok(bytes),
            _ => Err(strange()),
        }
    }

    fn text(&mut self) -> Result<String, StoreError> {
        String::from_utf8(self.bytes()?).map_err(|_| strange())
    }

    fn integer(&mut self) -> Result<i64, StoreError> {
        match self.0.next() {
            Some(Value::Int(number)) => Ok(number),
            _ => Err(strange()),
        }
    }

    fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.integer().map(time)
    }

    fn epoch(&mut self) -> Result<u32, StoreError> {
        u32::try_from(self.integer()?).map_err(|_| strange())
    }

    fn id<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        unhex(&self.bytes()?)
    }

    fn operation(&mut self) -> Result<OperationId, StoreError> {
        self.id().map(OperationId::from_bytes)
    }

    fn recorded(&mut self) -> Result<Recorded, StoreError> {
        let body = Payload::from_bytes(self.bytes()?);
        let is_error = self.text()? == "1";
        let at = self.time()?;
        let holder = self.bytes()?;
        let duplicate_of =
            if holder.is_empty() { None } else { Some(OperationId::from_bytes(unhex(&holder)?)) };
        Ok(Recorded { reply: StoredReply { body, is_error }, at, duplicate_of })
    }

    fn inspected(&mut self) -> Result<Inspected, StoreError> {
        let now = self.time()?;
        let operation = self.operation()?;
        Ok(Inspected { operation, record: record(self.list()?)?, now })
    }

    /// An operation among others: the fields of its record, or what is wrong with it.
    fn listed(&mut self) -> Result<Listed, StoreError> {
        let now = self.time()?;
        let operation = self.operation()?;
        let read = match self.0.next() {
            Some(Value::Array(fields)) => record(fields.into_iter()),
            Some(Value::BulkString(why)) => {
                Err(StoreError::Unreadable(String::from_utf8_lossy(&why).into_owned()))
            }
            _ => return Err(strange()),
        };
        let read = read.map(|record| Inspected { operation, record, now });
        UnreadableRecord::apart(operation, read)
    }
}

fn time(millis: i64) -> Timestamp {
    if millis >= NEVER.cast_signed() { Timestamp::MAX } else { Timestamp::from_millis(millis) }
}

fn unhex<const N: usize>(text: &[u8]) -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return Err(strange());
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(bytes)
}

fn digit(letter: u8) -> Result<u8, StoreError> {
    match letter {
        b'0'..=b'9' => Ok(letter - b'0'),
        b'a'..=b'f' => Ok(letter - b'a' + 10),
        _ => Err(strange()),
    }
}

fn strange() -> StoreError {
    StoreError::Unreadable("a script answered something else than it does".to_owned())
}
