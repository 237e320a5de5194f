//! The keys that tokens are signed with, and that are published to check them.

use std::{collections::VecDeque, io};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header, encode,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use serde::Serialize;

use crate::settings;

/// How many keys are published: the next one, so that servers know it before its first token comes; the
/// one that signs; and the one before, whose tokens still hold.
const PUBLISHED: usize = 3;

/// The next key, the one that signs, and those before.
pub(super) struct Keys(VecDeque<Key>);

struct Key {
    id: String,
    private: EncodingKey,
    public: Jwk,
}

impl Keys {
    /// A key that signs, and the next.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self([Key::new()?, Key::new()?].into()))
    }

    /// Signs with the next key from now on. The one before stays published, the one before that does
    /// not.
    pub(super) fn rotate(&mut self) -> io::Result<()> {
        self.0.push_front(Key::new()?);
        self.0.truncate(PUBLISHED);
        Ok(())
    }

    /// The keys with which tokens are checked (RFC 7517).
    pub(super) fn published(&self) -> JwkSet {
        JwkSet { keys: self.0.iter().map(|key| key.public.clone()).collect() }
    }

    /// An access token (RFC 9068 §2.1) with these claims.
    pub(super) fn sign(&self, claims: &impl Serialize) -> io::Result<String> {
        self.signing()?.sign(claims)
    }

    /// A token that says that our key has signed it, and has not.
    pub(super) fn forge(&self, claims: &impl Serialize) -> io::Result<String> {
        Key { id: self.signing()?.id.clone(), ..Key::new()? }.sign(claims)
    }

    fn signing(&self) -> io::Result<&Key> {
        self.0.get(1).ok_or_else(|| io::Error::other("there is no key"))
    }
}

impl Key {
    fn new() -> io::Result<Self> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(|_| io::Error::other("no key can be made"))?;
        let private = EncodingKey::from_ec_der(pair.as_ref());
        let id = settings::new_token().map_err(io::Error::other)?;
        let mut public =
            Jwk::from_encoding_key(&private, Algorithm::ES256).map_err(io::Error::other)?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { id, private, public })
    }

    fn sign(&self, claims: &impl Serialize) -> io::Result<String> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".into());
        header.kid = Some(self.id.clone());
        encode(&header, claims, &self.private).map_err(io::Error::other)
    }
}
