//! A call that was refused for want of a scope, as HTTP says it: status 403, and a challenge from
//! which a client learns what to ask the authorization server for (RFC 6750 §3.1, and “Scope
//! Challenge Handling” of the MCP authorization specification).
//!
//! The line decides, and nobody else: it leaves word of what is lacking, and the layer that is
//! underneath reads it when the answer comes by. So a caller without a scope is told the same whatever
//! the arguments are, and for a tool that is hidden from it nothing is said at all. The body of the
//! answer is the envelope, as without.

use std::sync::{Arc, OnceLock};

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::Response,
};

use super::challenge::Challenges;
use crate::caller::Caller;

/// Where the line leaves word of the scopes that a call lacked one of. It travels with the request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lacking(Arc<OnceLock<&'static [&'static str]>>);

impl Lacking {
    /// Leaves word.
    pub(crate) fn of(&self, required: &'static [&'static str]) {
        // One request is one call.
        let _first = self.0.set(required);
    }
}

/// What a client expects of a call for which its token is not enough, by the version of the protocol
/// that it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    /// The envelope alone. Revisions before 2025-11-25 have no step-up, and their clients would show
    /// the model nothing of a 403.
    Envelope,
    /// A challenge. Clients of 2025-11-25 ask for what it names and nothing else, so it names what
    /// they hold as well (“recommended approach”).
    ChallengeWithHeld,
    /// A challenge that names what the call needs: since 2026-07-28 clients add it to what they hold.
    Challenge,
}

impl Expects {
    /// By the header `MCP-Protocol-Version`, which is checked against the body before a call is made.
    /// Versions are dates, and compare as text. Without the header it is 2025-03-26.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match version(headers) {
            _ if is_modern(headers) => Self::Challenge,
            Some(version) if version >= "2025-11-25" => Self::ChallengeWithHeld,
            _ => Self::Envelope,
        }
    }
}

/// Whether the client speaks 2026-07-28 or a later revision, in which each request stands alone.
fn is_modern(headers: &HeaderMap) -> bool {
    version(headers).is_some_and(|version| version >= "2026-07-28")
}

fn version(headers: &HeaderMap) -> Option<&str> {
    headers.get("mcp-protocol-version")?.to_str().ok()
}

/// Makes a challenge of the answer, if that is what is lacking and what the client expects.
pub(super) fn challenge(
    mut response: Response,
    lacking: &Lacking,
    expects: Expects,
    (challenges, caller): (&Challenges, &Caller),
) -> Response {
    let keeping = match expects {
        Expects::Envelope => return response,
        Expects::ChallengeWithHeld => Some(caller),
        Expects::Challenge => None,
    };
    if let Some(required) = lacking.0.get()
        && challenges.has_issuer()
    {
        *response.status_mut() = StatusCode::FORBIDDEN;
        let challenge = challenges.insufficient_scope(required, keeping);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_answered_as_its_revision_of_the_protocol_says() {
        for (version, expected) in [
            (None, Expects::Envelope),
            (Some("2025-03-26"), Expects::Envelope),
            (Some("2025-06-18"), Expects::Envelope),
            (Some("2025-11-25"), Expects::ChallengeWithHeld),
            (Some("2026-07-28"), Expects::Challenge),
            (Some("2027-01-01"), Expects::Challenge),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(version) = version {
                headers.insert("mcp-protocol-version", version.parse().expect("a header"));
            }
            assert_eq!(Expects::of(&headers), expected, "{version:?}");
        }
    }
}
