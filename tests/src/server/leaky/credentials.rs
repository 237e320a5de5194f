//! Credentials that cannot be had, and what their source says of that.

use std::{convert::Infallible, future::ready};

use mcp_guard::{
    CredentialError, CredentialRequest, CredentialSource, GuardBuilder, MintFuture, prelude::*,
};

use super::{Told, canary};

pub(super) fn register(builder: GuardBuilder) -> GuardBuilder {
    builder
        .tool::<without_answer>()
        .tool::<without_leave>()
        .tool::<without_setting>()
        .credentials_for::<without_answer>(Fails(CredentialError::unavailable(canary(
            "without_answer",
        ))))
        .credentials_for::<without_leave>(Fails(CredentialError::refused(canary("without_leave"))))
        .credentials_for::<without_setting>(Fails(CredentialError::defect(canary(
            "without_setting",
        ))))
}

/// A source that always fails so.
struct Fails(CredentialError);

impl CredentialSource for Fails {
    fn mint<'a>(&'a self, _: CredentialRequest<'a>) -> MintFuture<'a> {
        Box::pin(ready(Err(self.0.clone())))
    }
}

/// Reach a backend whose credential cannot be had now.
#[guarded_tool(idempotent, scope = "refunds")]
async fn without_answer(credential: &Credential) -> Result<Told, Infallible> {
    let _ = credential;
    Ok(Told::of("body"))
}

/// Reach a backend whose credential is refused.
#[guarded_tool(idempotent, scope = "refunds")]
async fn without_leave(credential: &Credential) -> Result<Told, Infallible> {
    let _ = credential;
    Ok(Told::of("body"))
}

/// Reach a backend whose credential is not set up.
#[guarded_tool(idempotent, scope = "refunds")]
async fn without_setting(credential: &Credential) -> Result<Told, Infallible> {
    let _ = credential;
    Ok(Told::of("body"))
}
