//! What goes into the schema's functions, in the order of their parameters.

use std::time::Duration;

use tokio_postgres::types::ToSql;

use crate::store::{Attempt, Claim, Payload, Settlement};

/// One parameter.
type Parameter<'a> = &'a (dyn ToSql + Sync);

/// Milliseconds. What is longer than they can say is for ever.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// What `claim` and `recall` are given.
pub(super) struct Wish<'a> {
    mode: &'static str,
    operation: &'a [u8],
    principal: &'a [u8],
    fingerprint: &'a [u8],
    owner: &'a [u8],
    tool: &'static str,
    lease: i64,
    retake: bool,
    tentative: bool,
    business: Option<&'a [u8]>,
    arguments: Option<&'a [u8]>,
    meters: Vec<&'a [u8]>,
    amounts: Vec<i64>,
    caps: Vec<i64>,
    spans: Vec<i64>,
    given: Option<i64>,
}

impl<'a> Wish<'a> {
    /// `mode` is `claim` or `transaction`, `given` the time of a test's clock.
    pub(super) fn new(mode: &'static str, claim: &'a Claim, given: Option<i64>) -> Self {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let wanted = || claim.reservations.iter();
        Self {
            mode,
            operation: claim.operation.as_bytes(),
            principal: claim.principal.as_bytes(),
            fingerprint: claim.fingerprint.as_bytes(),
            owner: claim.owner.as_bytes(),
            tool: claim.tool,
            lease: millis(claim.lease),
            retake: claim.retake,
            tentative: claim.tentative,
            business: claim.business.as_ref().map(|key| &key.as_bytes()[..]),
            arguments: claim.arguments.as_ref().map(Payload::as_bytes),
            meters: wanted().map(|wanted| &wanted.meter.as_bytes()[..]).collect(),
            amounts: wanted().map(|wanted| number(wanted.amount)).collect(),
            caps: wanted().map(|wanted| number(wanted.cap)).collect(),
            spans: wanted().map(|wanted| millis(wanted.window)).collect(),
            given,
        }
    }

    pub(super) fn claim(&self) -> [Parameter<'_>; 16] {
        [
            &self.mode,
            &self.operation,
            &self.principal,
            &self.fingerprint,
            &self.owner,
            &self.tool,
            &self.lease,
            &self.retake,
            &self.tentative,
            &self.business,
            &self.arguments,
            &self.meters,
            &self.amounts,
            &self.caps,
            &self.spans,
            &self.given,
        ]
    }

    pub(super) fn recall(&self) -> [Parameter<'_>; 8] {
        [
            &self.operation,
            &self.principal,
            &self.fingerprint,
            &self.owner,
            &self.lease,
            &self.retake,
            &self.business,
            &self.given,
        ]
    }
}

/// What `settle`, `resolve` and `settle_inside` are given.
pub(super) struct Ending<'a> {
    operation: &'a [u8],
    epoch: i64,
    owner: &'a [u8],
    kind: &'static str,
    reply: Option<&'a [u8]>,
    is_error: Option<bool>,
    acted: Option<bool>,
    retain: Option<i64>,
    tombstone: Option<i64>,
    given: Option<i64>,
}

impl<'a> Ending<'a> {
    pub(super) fn new(
        attempt: &'a Attempt,
        settlement: &'a Settlement,
        given: Option<i64>,
    ) -> Self {
        let (kind, recorded, retention) = match settlement {
            Settlement::Recorded { reply, acted, retention } => {
                ("recorded", Some((reply, *acted)), Some(retention))
            }
            Settlement::Released { retention } => ("released", None, Some(retention)),
            Settlement::Unknown => ("unknown", None, None),
        };
        Self {
            operation: attempt.operation.as_bytes(),
            epoch: i64::from(attempt.epoch),
            owner: attempt.owner.as_bytes(),
            kind,
            reply: recorded.map(|(reply, _)| reply.body.as_bytes()),
            is_error: recorded.map(|(reply, _)| reply.is_error),
            acted: recorded.map(|(_, acted)| acted),
            retain: retention.map(|retention| millis(retention.retain)),
            tombstone: retention.map(|retention| millis(retention.tombstone)),
            given,
        }
    }

    pub(super) fn settle(&self) -> [Parameter<'_>; 10] {
        [
            &self.operation,
            &self.epoch,
            &self.owner,
            &self.kind,
            &self.reply,
            &self.is_error,
            &self.acted,
            &self.retain,
            &self.tombstone,
            &self.given,
        ]
    }

    /// `inside` is the transaction of the claim.
    pub(super) fn settle_inside<'b>(&'b self, inside: &'b String) -> Vec<Parameter<'b>> {
        let mut parameters = self.settle().to_vec();
        parameters.push(inside);
        parameters
    }
}
