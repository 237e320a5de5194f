//! Whether there is room for the call: the caller's rate before anything else is looked at, the
//! tool's rate and a place among the calls under way once it is known to be theirs.
//!
//! All of it comes before the arguments are read and the store is asked. What is refused here was not
//! begun: the same call with the same key can be made again.

use std::{ops::Deref, time::Duration};

use super::{Core, Stop, authorize::Grant, identify::Identified};
use crate::{failure::Failure, key::PrincipalId, rate::Slot};

/// When a call that found no place may try again. How long the others take is not known.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Proof that the caller may call now, whatever tool.
pub(super) struct Paced(Identified);

impl Paced {
    pub(super) fn into_identified(self) -> Identified {
        self.0
    }
}

/// Proof that the call has a place among those under way, until it ends.
pub(super) struct Admitted {
    grant: Grant,
    _slot: Slot<PrincipalId>,
}

impl Deref for Admitted {
    type Target = Grant;

    fn deref(&self) -> &Grant {
        &self.grant
    }
}

/// Refuses a caller who calls too often. Whether the tool exists does not matter: whoever tries names
/// pays for each.
pub(super) fn pace(identified: Identified, core: &Core) -> Result<Paced, Stop> {
    if let Some(meter) = core.meters.of_callers() {
        meter.take(&identified.principal()).map_err(Failure::rate_limited)?;
    }
    Ok(Paced(identified))
}

/// Refuses a tool that this caller calls too often, and whatever is more than can be under way.
pub(super) fn admit(grant: Grant, core: &Core) -> Result<Admitted, Stop> {
    let whose = grant.principal();
    // A call that finds no place does not count.
    let slot = core.slots.take(whose).ok_or_else(|| Failure::overloaded(LOOK_AGAIN))?;
    if let Some(meter) = core.meters.of_tool(grant.tool().spec().name) {
        meter.take(&whose).map_err(Failure::rate_limited)?;
    }
    Ok(Admitted { grant, _slot: slot })
}
