//! What a test may set of the guard.

use std::time::Duration;

use mcp_guard::{GuardBuilder, PayloadKeys};
use serde::{Deserialize, Serialize};

use super::owned::Freeze;

/// Settings of the guard. Nothing is looked into without a call, unless that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// [`GuardBuilder::lease`].
    pub lease: Option<Duration>,
    /// [`GuardBuilder::timeout`].
    pub timeout: Option<Duration>,
    /// [`GuardBuilder::authorize_timeout`].
    pub authorize_timeout: Option<Duration>,
    /// The tools that an authorizer denies to everyone.
    pub frozen: Vec<String>,
    /// [`GuardBuilder::retain`].
    pub retain: Option<Duration>,
    /// [`GuardBuilder::tombstone`].
    pub tombstone: Option<Duration>,
    /// [`GuardBuilder::reconcile_every`].
    pub reconcile_every: Option<Duration>,
    /// [`GuardBuilder::max_reply_bytes`].
    pub max_reply_bytes: Option<usize>,
    /// [`GuardBuilder::hide_limits`].
    pub hide_limits: bool,
    /// [`GuardBuilder::encrypt`], where there are any: a byte stands for a key of 32 such bytes. The
    /// first one encrypts, the others open as well.
    pub payload_keys: Vec<u8>,
    /// [`PayloadKeys::accept_unencrypted`].
    pub accept_unencrypted: bool,
}

impl Settings {
    /// As a word of a command line.
    pub(in crate::server) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("settings are JSON")
    }

    pub(super) fn apply(&self, builder: GuardBuilder) -> GuardBuilder {
        const SELDOM: Duration = Duration::from_secs(3_600);
        let builder = builder.reconcile_every(self.reconcile_every.unwrap_or(SELDOM));
        let builder = with(builder, self.lease, GuardBuilder::lease);
        let builder = with(builder, self.timeout, GuardBuilder::timeout);
        let builder = with(builder, self.authorize_timeout, GuardBuilder::authorize_timeout);
        let builder = builder.authorizer(Freeze(self.frozen.clone()));
        let builder = with(builder, self.retain, GuardBuilder::retain);
        let builder = with(builder, self.tombstone, GuardBuilder::tombstone);
        let builder = with(builder, self.max_reply_bytes, GuardBuilder::max_reply_bytes);
        let builder = if self.hide_limits { builder.hide_limits() } else { builder };
        with(builder, self.keys(), GuardBuilder::encrypt)
    }

    fn keys(&self) -> Option<PayloadKeys> {
        let (current, older) = self.payload_keys.split_first()?;
        let keys = older
            .iter()
            .fold(PayloadKeys::new([*current; 32]), |keys, older| keys.with_older([*older; 32]));
        Some(if self.accept_unencrypted { keys.accept_unencrypted() } else { keys })
    }
}

fn with<T>(
    builder: GuardBuilder,
    setting: Option<T>,
    set: fn(GuardBuilder, T) -> GuardBuilder,
) -> GuardBuilder {
    match setting {
        Some(setting) => set(builder, setting),
        None => builder,
    }
}
