//! The fixture as a protected resource: its tokens come from an issuer, to which clients are sent. And a
//! tool that asks for more than one scope.

use mcp_guard::{
    Authenticate, AuthenticateError, AuthenticateFuture, GuardBuilder, ProtectedResource,
    prelude::*,
};

use super::backend::BackendError;

/// A token that nobody can check.
pub const UNCHECKABLE_TOKEN: &str = "token-that-nobody-can-check-1c7d";
/// A token over which the one who checks it stumbles.
pub const STUMBLING_TOKEN: &str = "token-to-stumble-over-93be";
/// Who issues the fixture's tokens, as it says.
pub const ISSUER: &str = "https://auth.example.com/fixture";

/// Tokens, and where they come from.
pub(super) struct Issued {
    pub(super) tokens: StaticTokens,
    resource: ProtectedResource,
}

impl Issued {
    pub(super) fn new(tokens: StaticTokens, url: &str) -> Self {
        Self { tokens, resource: ProtectedResource::new(url, [ISSUER]) }
    }
}

impl Authenticate for Issued {
    fn authenticate<'a>(&'a self, token: &'a str) -> AuthenticateFuture<'a> {
        match token {
            UNCHECKABLE_TOKEN => Box::pin(async { Err(AuthenticateError::Unavailable) }),
            STUMBLING_TOKEN => Box::pin(async { panic!("over this token") }),
            _ => self.tokens.authenticate(token),
        }
    }

    fn protected_resource(&self) -> Option<&ProtectedResource> {
        Some(&self.resource)
    }
}

pub(super) fn register(builder: GuardBuilder) -> GuardBuilder {
    builder.tool::<settle_dispute>()
}

/// Settle a dispute about an order.
#[guarded_tool(
    read_only,
    scope("refunds", "disputes"),
    max_amount = 1000,
    limit(amount_cents <= 9000, scope = "disputes:large")
)]
async fn settle_dispute(
    /// Amount to agree on, in cents.
    amount_cents: u64,
) -> Result<u64, BackendError> {
    Ok(amount_cents)
}
