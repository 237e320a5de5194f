//! The keys, and what they make of a payload.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload as Sealed},
};
use sha2::{Digest, Sha256};

use crate::store::{Payload, StoreError};

/// Says that a payload is encrypted, and how. JSON begins with no such byte.
const VERSION: u8 = 1;
const KEY_ID: usize = 8;
const NONCE: usize = 24;

/// The keys that encrypt what a store keeps: XChaCha20-Poly1305, with a random nonce for each payload,
/// bound to the operation that it belongs to.
///
/// Take them from a secret manager. To rotate: deploy the new key as an
/// [`older`](PayloadKeys::with_older) one everywhere, then as the first one, with the old one as an
/// older one until the longest retention has passed. What no key opens is refused, never run again.
///
/// It has no `Debug`, `Display` or `Serialize`.
#[derive(Clone)]
pub struct PayloadKeys {
    current: Key,
    older: Vec<Key>,
    accepts_unencrypted: bool,
}

#[derive(Clone)]
struct Key {
    id: [u8; KEY_ID],
    cipher: XChaCha20Poly1305,
}

impl PayloadKeys {
    /// Encrypts with this key: 32 random bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { current: Key::new(key), older: Vec::new(), accepts_unencrypted: false }
    }

    /// Also reads what was encrypted with this key.
    #[must_use]
    pub fn with_older(mut self, key: [u8; 32]) -> Self {
        self.older.push(Key::new(key));
        self
    }

    /// Also reads what was written before there were keys. Whoever can write to the store can then
    /// forge answers: leave it out once the longest retention has passed.
    #[must_use]
    pub fn accept_unencrypted(mut self) -> Self {
        self.accepts_unencrypted = true;
        self
    }

    pub(super) fn seal(&self, context: &[u8], text: &[u8]) -> Result<Payload, StoreError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)
            .map_err(|error| StoreError::Unusable(format!("no randomness: {error}")))?;
        let sealed = self
            .current
            .cipher
            .encrypt(&XNonce::from(nonce), Sealed { msg: text, aad: context })
            .map_err(|_| StoreError::Unusable("a payload is too large to encrypt".into()))?;
        Ok(Payload::from_bytes([&[VERSION], &self.current.id[..], &nonce, &sealed].concat()))
    }

    pub(super) fn open(&self, context: &[u8], payload: &[u8]) -> Result<Vec<u8>, StoreError> {
        if self.accepts_unencrypted && payload.first() != Some(&VERSION) {
            return Ok(payload.to_vec());
        }
        self.decrypt(context, payload).ok_or_else(|| {
            StoreError::Unreadable(
                "a payload was not encrypted for its operation with a key that is known".into(),
            )
        })
    }

    fn decrypt(&self, context: &[u8], payload: &[u8]) -> Option<Vec<u8>> {
        let (version, rest) = payload.split_first()?;
        let (id, rest) = rest.split_first_chunk::<KEY_ID>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
        let key = [&self.current].into_iter().chain(&self.older).find(|key| key.id == *id)?;
        let sealed = Sealed { msg: sealed, aad: context };
        (*version == VERSION).then(|| key.cipher.decrypt(&XNonce::from(*nonce), sealed).ok())?
    }
}

impl Key {
    fn new(key: [u8; 32]) -> Self {
        let digest = Sha256::new_with_prefix(b"mcp-guard payload key id v1\0").chain_update(key);
        let digest: [u8; 32] = digest.finalize().into();
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&digest[..KEY_ID]);
        Self { id, cipher: XChaCha20Poly1305::new(&key.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = br#"{"status":"ok","result":"secret"}"#;

    fn opened(keys: &PayloadKeys, context: &[u8], payload: &Payload) -> Option<Vec<u8>> {
        keys.open(context, payload.as_bytes()).ok()
    }

    #[test]
    fn what_is_sealed_is_opened_with_the_same_key_and_context_alone() {
        let keys = PayloadKeys::new([1; 32]);
        let sealed = keys.seal(b"one", TEXT).expect("sealed");
        assert_eq!(opened(&keys, b"one", &sealed).as_deref(), Some(TEXT));
        assert_eq!(opened(&keys, b"two", &sealed), None);
        assert_eq!(opened(&PayloadKeys::new([2; 32]), b"one", &sealed), None);
        assert!(!sealed.as_bytes().windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn every_payload_differs() {
        let keys = PayloadKeys::new([1; 32]);
        assert!(
            keys.seal(b"one", TEXT).expect("sealed") != keys.seal(b"one", TEXT).expect("sealed")
        );
    }

    #[test]
    fn no_byte_can_be_changed_and_none_cut_off() {
        let keys = PayloadKeys::new([1; 32]);
        let sealed = keys.seal(b"one", TEXT).expect("sealed").into_bytes();
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(keys.open(b"one", &changed).is_err(), "byte {place}");
            assert!(keys.open(b"one", &sealed[..place]).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn an_older_key_still_opens() {
        let sealed = PayloadKeys::new([1; 32]).seal(b"one", TEXT).expect("sealed");
        let rotated = PayloadKeys::new([2; 32]).with_older([1; 32]);
        assert_eq!(opened(&rotated, b"one", &sealed).as_deref(), Some(TEXT));
        let fresh = rotated.seal(b"one", TEXT).expect("sealed");
        assert_eq!(opened(&PayloadKeys::new([1; 32]), b"one", &fresh), None);
    }

    #[test]
    fn what_is_not_encrypted_is_refused_unless_the_operator_says_so() {
        let plain = Payload::from_bytes(TEXT.to_vec());
        assert_eq!(opened(&PayloadKeys::new([1; 32]), b"one", &plain), None);
        let lenient = PayloadKeys::new([1; 32]).accept_unencrypted();
        assert_eq!(opened(&lenient, b"one", &plain).as_deref(), Some(TEXT));
        let other = PayloadKeys::new([2; 32]).seal(b"one", TEXT).expect("sealed");
        assert_eq!(opened(&lenient, b"one", &other), None);
    }
}
