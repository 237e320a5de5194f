//! A record, from the fields of its hash.

use std::{collections::HashMap, time::Duration, vec};

use redis::Value;

use super::{NEVER, strange, time, unhex};
use crate::{
    clock::Timestamp,
    store::{
        BusinessKey, Fingerprint, MAX_CAP, MeterId, Owner, Payload, PrincipalId, Reservation,
        StoreError, StoredReply,
        record::{Ended, Record, State},
    },
};

/// Reads a record from names and values, one after the other.
pub(super) fn record(flat: vec::IntoIter<Value>) -> Result<Record, StoreError> {
    let mut fields = Fields::of(flat)?;
    Ok(Record {
        principal: PrincipalId::from_bytes(fields.id("principal")?),
        tool: fields.text("tool")?,
        fingerprint: Fingerprint::from_bytes(fields.id("fingerprint")?),
        business: match fields.take("business") {
            Some(id) => Some(BusinessKey::from_bytes(unhex(&id)?)),
            None => None,
        },
        reservations: reservations(&fields.text("reservations")?)?,
        arguments: fields.take("arguments").map(Payload::from_bytes),
        epoch: fields.number("epoch")?,
        owner: Owner::from_bytes(fields.id("owner")?),
        retaken: fields.flag("retaken")?,
        claimed_at: fields.time("claimed_at")?,
        state: fields.state()?,
    })
}

fn reservations(kept: &str) -> Result<Vec<Reservation>, StoreError> {
    let words: Vec<_> = kept.split_ascii_whitespace().collect();
    words.chunks(3).map(reservation).collect()
}

fn reservation(words: &[&str]) -> Result<Reservation, StoreError> {
    let [meter, amount, window] = words else { return Err(strange()) };
    Ok(Reservation {
        meter: MeterId::from_bytes(unhex(meter.as_bytes())?),
        amount: amount.parse().map_err(|_| strange())?,
        cap: MAX_CAP,
        window: duration(window.parse().map_err(|_| strange())?),
    })
}

fn duration(millis: u64) -> Duration {
    if millis >= NEVER { Duration::MAX } else { Duration::from_millis(millis) }
}

struct Fields(HashMap<String, Vec<u8>>);

impl Fields {
    fn of(mut flat: vec::IntoIter<Value>) -> Result<Self, StoreError> {
        let mut fields = HashMap::new();
        while let Some(name) = flat.next() {
            let (Value::BulkString(name), Some(Value::BulkString(value))) = (name, flat.next())
            else {
                return Err(strange());
            };
            fields.insert(String::from_utf8(name).map_err(|_| strange())?, value);
        }
        Ok(Self(fields))
    }

    fn state(&mut self) -> Result<State, StoreError> {
        Ok(match self.text("state")?.as_str() {
            "claimed" => State::Claimed {
                until: self.time("lease_until")?,
                tentative: self.flag("tentative")?,
            },
            "recorded" => State::Recorded {
                reply: StoredReply {
                    body: Payload::from_bytes(self.bytes("reply")?),
                    is_error: self.flag("is_error")?,
                },
                acted: self.flag("acted")?,
                ended: self.ended()?,
            },
            "released" => State::Released { ended: self.ended()? },
            "unknown" => State::Unknown { since: self.time("since")? },
            _ => return Err(strange()),
        })
    }

    fn ended(&mut self) -> Result<Ended, StoreError> {
        Ok(Ended {
            at: self.time("ended_at")?,
            retain_until: self.time("retain_until")?,
            forget_at: self.time("forget_at")?,
        })
    }

    fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        self.0.remove(name)
    }

    fn bytes(&mut self, name: &str) -> Result<Vec<u8>, StoreError> {
        self.take(name).ok_or_else(strange)
    }

    fn text(&mut self, name: &str) -> Result<String, StoreError> {
        String::from_utf8(self.bytes(name)?).map_err(|_| strange())
    }

    fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<T, StoreError> {
        self.text(name)?.parse().map_err(|_| strange())
    }

    fn time(&mut self, name: &str) -> Result<Timestamp, StoreError> {
        self.number(name).map(time)
    }

    fn flag(&mut self, name: &str) -> Result<bool, StoreError> {
        match self.bytes(name)?.as_slice() {
            b"1" => Ok(true),
            b"0" => Ok(false),
            _ => Err(strange()),
        }
    }

    fn id<const N: usize>(&mut self, name: &str) -> Result<[u8; N], StoreError> {
        unhex(&self.bytes(name)?)
    }
}
