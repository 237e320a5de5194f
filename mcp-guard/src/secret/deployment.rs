//! The secret of a deployment, from which downstream keys are made.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{key::OperationId, store::StoreError};

/// Thirty-two random bytes that every process of a deployment shares. It has no `Debug`, `Display`
/// or `Serialize`.
#[derive(Clone)]
pub struct DeploymentSecret([u8; 32]);

impl DeploymentSecret {
    /// A fresh one.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn generate() -> Result<Self, StoreError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| StoreError::Unusable(format!("no randomness: {error}")))?;
        Ok(Self(bytes))
    }

    /// One that a store kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a store to keep.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key that an operation's backend is given: HMAC-SHA-256 of the operation, in the form of
    /// a `UUIDv8` (RFC 9562 §5.8), which every backend takes for a key. The same on every attempt;
    /// it tells nothing about the client's key.
    pub(crate) fn downstream_key(&self, operation: &OperationId) -> Result<String, StoreError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .map_err(|error| StoreError::Unusable(error.to_string()))?;
        mac.update(b"mcp-guard downstream key v1\0");
        mac.update(operation.as_bytes());
        let digest = mac.finalize().into_bytes();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Ok(uuid_v8(bytes))
    }
}

fn uuid_v8(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    uuid::Uuid::from_bytes(bytes).hyphenated().to_string()
}
