//! Who is calling over HTTP.

mod bearer;
mod challenge;
pub(crate) mod layer;
mod metadata;
#[cfg(feature = "jwt")]
mod resource_server;
mod static_tokens;
pub(crate) mod step_up;
pub(crate) mod well_known;

use std::{future::Future, pin::Pin};

pub use metadata::ProtectedResource;
#[cfg(feature = "jwt")]
pub use resource_server::{Issuer, ResourceServer, SigningAlgorithm};
pub use static_tokens::StaticTokens;

use crate::caller::Caller;

/// What [`Authenticate::authenticate`] returns.
pub type AuthenticateFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Caller, AuthenticateError>> + Send + 'a>>;

/// Tells whose an access token is.
///
/// The layer in front of the server takes the token out of the request (RFC 6750 §2.1), asks, and
/// answers 401 where it is not valid (503 where that cannot be told). No tool sees the token, nor a
/// header that has it in it, nor `Cookie` and `Proxy-Authorization`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell whose an access token is",
    label = "expected a type that implements `Authenticate`",
    note = "take `StaticTokens`, or `ResourceServer` (feature `jwt`), or implement \
            `mcp_guard::Authenticate`"
)]
pub trait Authenticate: Send + Sync + 'static {
    /// The caller whose token this is.
    fn authenticate<'a>(&'a self, token: &'a str) -> AuthenticateFuture<'a>;

    /// What clients are told of where to get a token (RFC 9728), if there is something to tell.
    ///
    /// With it, the metadata is served at `/.well-known/oauth-protected-resource`, also with the path
    /// appended; challenges name it; and a call for which the caller lacks a scope is answered with
    /// status 403 and `insufficient_scope`, so that a client can step up: to clients of MCP
    /// 2025-11-25 and later, whose protocol knows of that. The body is the same envelope that older
    /// clients are given with status 200, and all are where there is no metadata.
    fn protected_resource(&self) -> Option<&ProtectedResource> {
        None
    }

    /// What is wrong with how it is set up, each saying what to write: `build()` reports it.
    fn mistakes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Why nobody is identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticateError {
    /// The token is not valid: `invalid_token` of RFC 6750 §3.1, status 401.
    #[error("the token is not valid")]
    InvalidToken,
    /// It cannot be told whether it is: status 503.
    #[error("the token cannot be checked now")]
    Unavailable,
}
