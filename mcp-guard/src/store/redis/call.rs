//! What is sent to a script: the keys that it is known to touch, and its arguments by name.

use std::{fmt::Write as _, time::Duration};

use redis::Cmd;

use super::script::Script;
use crate::store::{
    Attempt, Claim, Lease, MAX_CAP, OperationId, Payload, Reservation, Retention, Settlement,
};

/// Lua's numbers are exact up to here. What is longer, or later, is for ever.
pub(super) const NEVER: u64 = 1 << 53;

/// One call of a script.
pub(super) struct Call {
    script: &'static Script,
    /// Without the prefix.
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

/// What every call of a store has in common.
pub(super) struct Common<'a> {
    /// What all keys begin with.
    pub(super) prefix: &'a str,
    /// The time, where it is not the server's to tell.
    pub(super) time: &'a str,
    /// Which store it is.
    pub(super) identity: &'a str,
}

impl Call {
    pub(super) fn new(script: &'static Script) -> Self {
        Self { script, keys: Vec::new(), arguments: Vec::new() }
    }

    /// The command that calls the script by its hash.
    pub(super) fn by_hash(&self, common: &Common<'_>) -> Cmd {
        self.command("EVALSHA", self.script.hash(), common)
    }

    /// The command that sends the script in full, after which the server knows its hash.
    pub(super) fn in_full(&self, common: &Common<'_>) -> Cmd {
        self.command("EVAL", self.script.source(), common)
    }

    fn command(&self, name: &str, script: &str, common: &Common<'_>) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(1 + self.keys.len()).arg(format!("{}store", common.prefix));
        for key in &self.keys {
            command.arg(format!("{}{key}", common.prefix));
        }
        command.arg(common.time).arg(common.identity).arg(&self.arguments);
        command
    }

    pub(super) fn argument(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.arguments.push(name.into());
        self.arguments.push(value.into());
        self
    }

    pub(super) fn maybe(self, name: &str, value: Option<impl Into<Vec<u8>>>) -> Self {
        match value {
            Some(value) => self.argument(name, value),
            None => self,
        }
    }

    pub(super) fn number(self, name: &str, value: u64) -> Self {
        self.argument(name, value.to_string())
    }

    fn flag(self, name: &str, value: bool) -> Self {
        self.argument(name, if value { "1" } else { "0" })
    }

    fn length(self, name: &str, value: Duration) -> Self {
        self.number(name, millis(value))
    }

    fn key(mut self, kind: &str, id: &str) -> Self {
        self.keys.push(format!("{kind}:{id}"));
        self
    }

    pub(super) fn operation(self, operation: &OperationId) -> Self {
        let id = hex(operation.as_bytes());
        self.key("operation", &id).argument("operation", id)
    }

    pub(super) fn attempt(self, attempt: &Attempt) -> Self {
        self.operation(&attempt.operation)
            .number("epoch", attempt.epoch.into())
            .argument("owner", hex(attempt.owner.as_bytes()))
    }

    pub(super) fn lease(self, lease: &Lease) -> Self {
        self.attempt(&lease.attempt).length("length", lease.length)
    }

    pub(super) fn claim(self, claim: &Claim) -> Self {
        self.operation(&claim.operation)
            .argument("principal", hex(claim.principal.as_bytes()))
            .argument("fingerprint", hex(claim.fingerprint.as_bytes()))
            .argument("owner", hex(claim.owner.as_bytes()))
            .argument("tool", claim.tool)
            .length("lease", claim.lease)
            .flag("retake", claim.retake)
            .flag("tentative", claim.tentative)
            .maybe("arguments", claim.arguments.as_ref().map(Payload::as_bytes))
            .business(claim)
            .reservations(&claim.reservations)
    }

    fn business(self, claim: &Claim) -> Self {
        let Some(business) = claim.business else { return self };
        let id = hex(business.as_bytes());
        self.key("business", &id).argument("business", id)
    }

    fn reservations(mut self, reservations: &[Reservation]) -> Self {
        let (mut kept, mut caps) = (String::new(), String::new());
        for Reservation { meter, amount, cap, window } in reservations {
            let meter = hex(meter.as_bytes());
            // A higher cap than can be counted exactly would let through what it should not.
            let cap = (*cap).min(MAX_CAP);
            let _ = write!(kept, "{meter} {amount} {} ", millis(*window));
            let _ = write!(caps, "{cap} ");
            self = self.key("meter", &meter).key("meter", &format!("{meter}:sum"));
        }
        self.argument("reservations", kept).argument("caps", caps)
    }

    pub(super) fn settlement(self, settlement: &Settlement) -> Self {
        match settlement {
            Settlement::Recorded { reply, acted, retention } => self
                .argument("state", "recorded")
                .argument("reply", reply.body.as_bytes())
                .flag("is_error", reply.is_error)
                .flag("acted", *acted)
                .retention(*retention),
            Settlement::Released { retention } => {
                self.argument("state", "released").retention(*retention)
            }
            Settlement::Unknown => self.argument("state", "unknown"),
        }
    }

    fn retention(self, Retention { retain, tombstone }: Retention) -> Self {
        self.length("retain", retain).length("tombstone", tombstone)
    }
}

/// An id, as it stands in keys: readable, and in the order of its bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(NEVER).min(NEVER)
}
