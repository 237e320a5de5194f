//! Who is calling.

use std::sync::Arc;

use super::Stop;
use crate::{caller::Caller, failure::Failure};

/// Proof that the caller is known.
pub(super) struct Identified {
    caller: Arc<Caller>,
}

impl Identified {
    pub(super) fn into_caller(self) -> Arc<Caller> {
        self.caller
    }
}

/// Refuses a call that nobody answers for.
pub(super) fn identify(caller: Option<Arc<Caller>>) -> Result<Identified, Stop> {
    match caller {
        Some(caller) => Ok(Identified { caller }),
        None => Err(Failure::unauthenticated().into()),
    }
}
