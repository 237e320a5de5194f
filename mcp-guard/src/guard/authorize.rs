//! Whether the caller may use the tool at all. This comes before anything that the model sent is
//! looked at, so that a caller without the scope learns nothing about schema, limits or objects.

use std::sync::Arc;

use super::{GuardedTool, Stop, Toolbox, admit::Paced};
use crate::{caller::Caller, failure::Failure, key::PrincipalId, tool::Access};

/// Proof that this caller may use this tool.
pub(super) struct Grant {
    tool: Arc<GuardedTool>,
    caller: Arc<Caller>,
    principal: PrincipalId,
}

impl Grant {
    pub(super) fn tool(&self) -> &GuardedTool {
        &self.tool
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    pub(super) fn principal(&self) -> PrincipalId {
        self.principal
    }
}

/// Refuses a tool that is not there, or not this caller's.
pub(super) fn authorize(paced: Paced, toolbox: &Toolbox, name: &str) -> Result<Grant, Stop> {
    let (caller, principal) = paced.into_identified().into_caller();
    let tool = toolbox.get(name).ok_or(Stop::NoSuchTool)?;
    if may_use(&caller, tool.spec().access) {
        return Ok(Grant { tool: Arc::clone(tool), caller, principal });
    }
    match tool.spec().access {
        Access::Scopes(required) if !toolbox.hides_unauthorized() => {
            Err(Failure::insufficient_scope(required).into())
        }
        _ => Err(Stop::NoSuchTool),
    }
}

/// Whether the caller holds all that the tool requires.
pub(super) fn may_use(caller: &Caller, access: Access) -> bool {
    match access {
        Access::AnyCaller => true,
        Access::Scopes(required) => required.iter().all(|scope| caller.has_scope(scope)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_required() {
        let access = Access::Scopes(&["refunds", "orders"]);
        let with = |scopes: &[&str]| Caller::local("agent").with_scopes(scopes.iter().copied());
        assert!(may_use(&with(&["orders", "other", "refunds"]), access));
        for lacking in
            [&[][..], &["refunds"], &["orders"], &["refunds orders"], &["Refunds", "orders"]]
        {
            assert!(!may_use(&with(lacking), access), "{lacking:?}");
        }
        assert!(may_use(&with(&[]), Access::AnyCaller));
    }
}
