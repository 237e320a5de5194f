//! Encryption of what a store keeps: the answers, and the arguments of operations that may have to
//! be reconciled.

#[cfg_attr(not(feature = "encryption"), path = "encryption/no_keys.rs")]
mod keys;

use std::fmt;

#[cfg(feature = "encryption")]
pub use self::keys::PayloadKeys;
#[cfg(not(feature = "encryption"))]
use self::keys::PayloadKeys;
use crate::{
    key::OperationId,
    store::{Payload, StoreError},
};

/// Turns texts into payloads and back, encrypted where keys were given.
#[derive(Clone, Default)]
pub(crate) struct Vault {
    keys: Option<PayloadKeys>,
}

/// What a payload holds. One cannot be taken for the other.
#[derive(Clone, Copy)]
pub(crate) enum Content {
    Reply,
    Arguments,
}

impl Vault {
    #[cfg(feature = "encryption")]
    pub(crate) fn with_keys(keys: PayloadKeys) -> Self {
        Self { keys: Some(keys) }
    }

    /// # Errors
    /// When the operating system gives no randomness.
    pub(crate) fn seal(
        &self,
        operation: &OperationId,
        content: Content,
        text: &str,
    ) -> Result<Payload, StoreError> {
        match &self.keys {
            Some(keys) => keys.seal(&context(operation, content), text.as_bytes()),
            None => Ok(Payload::from_bytes(text.as_bytes().to_vec())),
        }
    }

    /// # Errors
    /// When the payload was not written for this operation by a holder of a key that is known here.
    pub(crate) fn open(
        &self,
        operation: &OperationId,
        content: Content,
        payload: &Payload,
    ) -> Result<String, StoreError> {
        let bytes = match &self.keys {
            Some(keys) => keys.open(&context(operation, content), payload.as_bytes())?,
            None => payload.as_bytes().to_vec(),
        };
        String::from_utf8(bytes).map_err(|_| {
            StoreError::Unreadable("a payload is encrypted, and no key was given for it".into())
        })
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

/// What a payload belongs to, bound to it as associated data: moved to another operation, which
/// stands for another caller or tool, it cannot be opened.
fn context(operation: &OperationId, content: Content) -> Vec<u8> {
    let content = match content {
        Content::Reply => b"reply",
        Content::Arguments => b"args.",
    };
    [b"mcp-guard payload v1\0", operation.as_bytes().as_slice(), content].concat()
}
