//! Without the feature, there are no keys.

use crate::store::{Payload, StoreError};

/// There is none.
#[derive(Clone)]
pub(super) enum PayloadKeys {}

impl PayloadKeys {
    pub(super) fn seal(&self, _: &[u8], _: &[u8]) -> Result<Payload, StoreError> {
        match *self {}
    }

    pub(super) fn open(&self, _: &[u8], _: &[u8]) -> Result<Vec<u8>, StoreError> {
        match *self {}
    }
}
