//! One line for each call, for the audit trail: who asked for what, and how it ended; and one for each
//! credential that is minted.
//!
//! Events of the target `mcp_guard::audit`. They hold no argument, no key and no result.

use std::time::Duration;

use crate::{caller::Caller, guard::Reply, key::OperationId};

/// Writes the line of an answered call.
pub(crate) fn answered(tool: &str, caller: Option<&Caller>, reply: &Reply, elapsed: Duration) {
    let outcome = reply.outcome();
    tracing::info!(
        target: "mcp_guard::audit",
        tool,
        issuer = caller.map(Caller::issuer),
        tenant = caller.and_then(Caller::tenant),
        subject = caller.map(Caller::subject),
        client = caller.and_then(Caller::client),
        status = outcome.status,
        category = outcome.category,
        code = outcome.code,
        error_id = outcome.error_id,
        denied_by = outcome.denied_by,
        replayed = reply.is_replay(),
        durable = reply.is_durable(),
        took_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
}

/// Writes the line of a call for a tool that this caller does not have.
pub(crate) fn not_found(caller: Option<&Caller>) {
    tracing::info!(
        target: "mcp_guard::audit",
        issuer = caller.map(Caller::issuer),
        tenant = caller.and_then(Caller::tenant),
        subject = caller.map(Caller::subject),
        "no such tool"
    );
}

/// Writes the line of a credential that was minted: for which tool and scopes, and on whose behalf
/// where it is not the server's.
pub(crate) fn minted(tool: &str, caller: Option<&Caller>, scopes: &[&str]) {
    tracing::info!(
        target: "mcp_guard::audit",
        tool,
        issuer = caller.map(Caller::issuer),
        tenant = caller.and_then(Caller::tenant),
        subject = caller.map(Caller::subject),
        scopes = scopes.join(" "),
        "minted a credential"
    );
}

/// Writes the line of an unknown outcome that the tool's own function has found out about.
pub(crate) fn reconciled(tool: &str, operation: &OperationId, landed: bool) {
    tracing::info!(target: "mcp_guard::audit", tool, %operation, landed, "reconciled");
}

/// Writes the line of an unknown outcome that a person has resolved.
pub(crate) fn resolved(tool: &str, operation: &OperationId, done: bool, by: &str) {
    tracing::info!(target: "mcp_guard::audit", tool, %operation, done, by, "resolved");
}
