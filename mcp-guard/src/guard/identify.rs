//! Who is calling, and what their scopes include.

use std::sync::Arc;

use super::Stop;
use crate::{caller::Caller, failure::Failure, key::PrincipalId, scopes::GrantedScopes};

/// Proof that the caller is known.
pub(super) struct Identified {
    caller: Arc<Caller>,
    principal: PrincipalId,
}

impl Identified {
    pub(super) fn principal(&self) -> PrincipalId {
        self.principal
    }

    /// The caller, with every scope that theirs include.
    pub(super) fn into_caller(self) -> (Arc<Caller>, PrincipalId) {
        (self.caller, self.principal)
    }
}

/// Refuses a call that nobody answers for. From here on a caller holds what their scopes include.
pub(super) fn identify(
    caller: Option<Arc<Caller>>,
    scopes: &GrantedScopes,
) -> Result<Identified, Stop> {
    match caller {
        Some(caller) => {
            let principal = PrincipalId::of(&caller);
            Ok(Identified { caller: scopes.effective(caller), principal })
        }
        None => Err(Failure::unauthenticated().into()),
    }
}
