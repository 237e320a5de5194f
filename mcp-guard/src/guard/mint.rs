//! The credential that a body reaches its backend with: minted when every gate has passed.

use std::sync::Arc;

use super::{Core, GuardedTool, reserve::Reserved};
use crate::{caller::Caller, credential::Credential, failure::Failure};

/// Proof that the call may act now, and has what its body reaches its backend with.
pub(super) struct Equipped {
    pub(super) reserved: Reserved,
    /// `None` where the tool borrows none.
    pub(super) credential: Option<Arc<Credential>>,
}

/// Mints the credential that the tool borrows.
///
/// # Errors
/// Where there is none. Nothing was done.
pub(super) async fn mint(
    reserved: Reserved,
    core: &Core,
) -> Result<Equipped, (Reserved, Box<Failure>)> {
    let grant = &reserved.grant;
    match on_behalf_of(core, grant.tool(), Some(grant.caller())).await {
        Ok(credential) => Ok(Equipped { reserved, credential }),
        Err(failure) => Err((reserved, failure)),
    }
}

/// The credential with which a tool's backend is asked what became of an earlier attempt, if the tool
/// borrows one. Without a caller, there is one only where the source acts for the server.
///
/// # Errors
/// Where there is none.
pub(super) async fn on_behalf_of(
    core: &Core,
    tool: &GuardedTool,
    caller: Option<&Caller>,
) -> Result<Option<Arc<Credential>>, Box<Failure>> {
    let spec = tool.spec();
    let Some(source) = core.credentials.of(spec.name).filter(|_| tool.borrows_a_credential())
    else {
        return Ok(None);
    };
    let minted = source.credential(spec, caller, core.settings.credential_timeout).await;
    minted.map(Some).map_err(|error| Box::new(Failure::of_credential(&error)))
}

impl Core {
    /// Whether the tool's functions can be asked only in a call of the caller's whose operation it is:
    /// they are told who calls, or act for whoever that is.
    pub(super) fn asks_for_its_caller(&self, tool: &GuardedTool) -> bool {
        let source = self.credentials.of(tool.spec().name);
        tool.borrows_the_caller()
            || tool.borrows_a_credential()
                && source.is_some_and(|minter| minter.acts_for().needs_caller())
    }
}
