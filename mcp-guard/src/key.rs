//! The idempotency key that a call carries, the operation that it names, and the fingerprint of
//! what was asked.

mod fingerprint;

pub use fingerprint::Fingerprint;
use sha2::{Digest, Sha256};

use crate::caller::Caller;

/// The argument that carries the key.
pub(crate) const KEY_ARGUMENT: &str = "idempotency_key";
/// What a key must match. The same is published in the schema.
pub(crate) const KEY_PATTERN: &str = "^[A-Za-z0-9_.:-]{8,128}$";
/// What the model is told about the key.
pub(crate) const KEY_DESCRIPTION: &str = "Names this one operation, so that repeating the call \
    cannot do it twice. Make a new key (such as a UUID) for each operation that the user asks \
    for, and send exactly the same key and arguments whenever this call is repeated, for example \
    after a timeout or an error. Never make a new key for a retry.";

/// A client's idempotency key, well formed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// The key, if it matches [`KEY_PATTERN`].
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = (8..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:-".contains(&b));
        fits.then(|| Self(text.to_owned()))
    }
}

/// One operation: a key of one caller for one tool. Stores know an operation by this alone, so that
/// no key and no principal stands in a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OperationId([u8; 32]);

impl OperationId {
    /// SHA-256 over (tenant, issuer, subject, tool, key), each with its length in front of it, so
    /// that no two tuples give the same bytes. It depends on no secret: rotating one must not make
    /// the keys of yesterday unknown.
    pub(crate) fn of(caller: &Caller, tool: &str, key: &Key) -> Self {
        let mut hash = Sha256::new_with_prefix(b"mcp-guard operation v1\0");
        match caller.tenant() {
            None => hash.update([0]),
            Some(tenant) => {
                hash.update([1]);
                absorb(&mut hash, tenant);
            }
        }
        for part in [caller.issuer(), caller.subject(), tool, &key.0] {
            absorb(&mut hash, part);
        }
        Self(hash.finalize().into())
    }

    /// The bytes, for a store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// An operation that a store kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

fn absorb(hash: &mut Sha256, part: &str) {
    hash.update((part.len() as u64).to_be_bytes());
    hash.update(part.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::parse(text).expect("well formed")
    }

    #[test]
    fn keys_are_bounded_and_plain() {
        assert!(Key::parse("refund-ord_8821:1.0").is_some());
        assert!(Key::parse(&"k".repeat(128)).is_some());
        for bad in
            ["", "short", &"k".repeat(129), "has space", "newline1\n", "nul\0nul\0", "ключключ"]
        {
            assert!(Key::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        let one = OperationId::of(&Caller::new("a", "bc"), "tool", &key("12345678"));
        let two = OperationId::of(&Caller::new("ab", "c"), "tool", &key("12345678"));
        assert_ne!(one, two);
    }

    #[test]
    fn every_part_counts() {
        let caller = Caller::new("issuer", "subject").with_tenant("acme");
        let base = OperationId::of(&caller, "refund", &key("12345678"));
        let others = [
            OperationId::of(&Caller::new("issuer", "subject"), "refund", &key("12345678")),
            OperationId::of(&caller.clone().with_tenant(""), "refund", &key("12345678")),
            OperationId::of(
                &Caller::new("issuer", "other").with_tenant("acme"),
                "refund",
                &key("12345678"),
            ),
            OperationId::of(
                &Caller::new("other", "subject").with_tenant("acme"),
                "refund",
                &key("12345678"),
            ),
            OperationId::of(&caller, "refunds", &key("12345678")),
            OperationId::of(&caller, "refund", &key("12345679")),
        ];
        assert!(others.iter().all(|other| *other != base));
        let more_scopes = caller.with_scopes(["new"]).with_client("other");
        assert_eq!(OperationId::of(&more_scopes, "refund", &key("12345678")), base);
    }
}
