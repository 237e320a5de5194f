//! A source with what it has minted: asked in time, once for all who wait, and for nobody else.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;

use super::{
    ActsFor, Credential, CredentialError, CredentialRequest, CredentialSource,
    cache::{Cache, For, Minted},
};
use crate::{
    audit,
    caller::Caller,
    key::standing,
    secret::Secret,
    tool::{Access, ToolSpec},
};

/// A source with what it has minted.
pub(crate) struct Minter {
    source: Arc<dyn CredentialSource>,
    cache: Cache,
}

impl Minter {
    pub(super) fn new(source: impl CredentialSource) -> Self {
        Self { source: Arc::new(source), cache: Cache::default() }
    }

    pub(crate) fn acts_for(&self) -> ActsFor {
        self.source.acts_for()
    }

    pub(crate) fn mistakes(&self) -> Vec<String> {
        self.source.mistakes()
    }

    /// The credential of a tool's call, within this time.
    pub(crate) async fn credential(
        &self,
        spec: &'static ToolSpec,
        caller: Option<&Caller>,
        allowed: Duration,
    ) -> Minted {
        let Access::Scopes(scopes) = spec.access else {
            return Err(CredentialError::defect("the tool has no scope to mint a credential for"));
        };
        let (caller, subject_token) = self.on_behalf_of(caller)?;
        let request = CredentialRequest { tool: spec.name, scopes, caller, subject_token };
        let wanted = For {
            tool: spec.name,
            caller: caller.map(standing),
            subject_token: subject_token.map(digest),
        };
        self.cache.get(wanted, || self.mint(request, allowed)).await
    }

    /// Who is told to the source, and with which token: as much as it acts for.
    fn on_behalf_of<'a>(
        &self,
        caller: Option<&'a Caller>,
    ) -> Result<(Option<&'a Caller>, Option<&'a Secret>), CredentialError> {
        let acts_for = self.acts_for();
        if acts_for == ActsFor::Server {
            return Ok((None, None));
        }
        let caller = caller.ok_or_else(|| CredentialError::refused("nobody calls"))?;
        if acts_for == ActsFor::Caller {
            return Ok((Some(caller), None));
        }
        let token = caller.token().ok_or_else(|| {
            CredentialError::refused("the caller has sent no token that could be exchanged")
        })?;
        Ok((Some(caller), Some(token)))
    }

    async fn mint(
        &self,
        request: CredentialRequest<'_>,
        allowed: Duration,
    ) -> Result<Credential, CredentialError> {
        let asked = AssertUnwindSafe(async { self.source.mint(request).await }).catch_unwind();
        let minted = match timeout(allowed, asked).await {
            Ok(Ok(minted)) => minted?,
            // What a panic says could quote a token.
            Ok(Err(_panic)) => return Err(CredentialError::defect("the source panicked")),
            Err(_) => {
                let why = format!("the source did not answer within {allowed:?}");
                return Err(CredentialError::unavailable(why));
            }
        };
        if request.subject_token.is_some_and(|sent| sent.expose() == minted.expose()) {
            let why = "the source gave the caller's own token back, which is not passed on";
            return Err(CredentialError::defect(why));
        }
        audit::minted(request.tool, request.caller, request.scopes);
        Ok(minted.or_for(request.scopes))
    }
}

fn digest(secret: &Secret) -> [u8; 32] {
    Sha256::digest(secret.expose().as_bytes()).into()
}
