//! What the operator may set, and what holds where nothing is set.

use std::time::Duration;

use crate::{
    rate::Rates, schema::Lints, scopes::ScopeHierarchy, store::Retention, tool::IdempotentSpec,
    wire::WireLimits,
};

/// What the operator may set.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Settings {
    pub(crate) timeout: Duration,
    pub(crate) authorize_timeout: Duration,
    pub(crate) lease: Duration,
    pub(crate) retain: Duration,
    pub(crate) tombstone: Duration,
    pub(crate) store_timeout: Duration,
    pub(crate) credential_timeout: Duration,
    pub(crate) reconcile_every: Duration,
    pub(crate) max_reply_bytes: usize,
    pub(crate) publish_limits: bool,
    pub(crate) operation_status: bool,
    pub(crate) hide_unauthorized: bool,
    pub(crate) check_results: bool,
    pub(crate) lints: Lints,
    pub(crate) wire: WireLimits,
    pub(crate) scopes: ScopeHierarchy,
    pub(crate) rates: Rates,
    pub(crate) max_concurrent_calls: usize,
    pub(crate) max_concurrent_calls_per_caller: usize,
}

impl Default for Settings {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            timeout: Duration::from_secs(30),
            authorize_timeout: Duration::from_secs(5),
            lease: Duration::from_secs(60),
            retain: DAY,
            tombstone: DAY * 30,
            store_timeout: Duration::from_secs(5),
            credential_timeout: Duration::from_secs(10),
            reconcile_every: Duration::from_secs(30),
            max_reply_bytes: 256 * 1024,
            publish_limits: true,
            operation_status: true,
            hide_unauthorized: false,
            check_results: cfg!(debug_assertions),
            lints: Lints::default(),
            wire: WireLimits::default(),
            scopes: ScopeHierarchy::default(),
            rates: Rates::default(),
            max_concurrent_calls: 512,
            max_concurrent_calls_per_caller: 128,
        }
    }
}

impl Settings {
    /// How long an operation of this tool is remembered.
    pub(crate) fn retention(&self, spec: Option<&IdempotentSpec>) -> Retention {
        Retention {
            retain: spec.and_then(|spec| spec.retain).unwrap_or(self.retain),
            tombstone: spec.and_then(|spec| spec.tombstone).unwrap_or(self.tombstone),
        }
    }
}

/// How the server introduces itself.
#[derive(Debug, Clone)]
pub(crate) struct ServerInfo {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) instructions: Option<String>,
}

impl Default for ServerInfo {
    fn default() -> Self {
        Self {
            name: "mcp-guard".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            instructions: None,
        }
    }
}
