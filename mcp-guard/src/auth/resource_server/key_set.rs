//! The keys of an issuer at one time (RFC 7517 §5).

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    jwk::Key,
    jwt::{Jwt, Signing, Vouched},
};

/// The keys that may verify, and which identifiers there are at all.
pub(super) struct KeySet {
    keys: Vec<Key>,
    /// How often each identifier is there, in keys of any kind.
    named: HashMap<String, usize>,
}

/// The most keys that are looked at. Issuers have a handful.
const MAX_KEYS: usize = 100;

impl KeySet {
    /// Reads a JWK Set. A key that cannot be used is left out (RFC 7517 §5); what is not a set at
    /// all is `None`.
    pub(super) fn read(document: &Map<String, Value>) -> Option<Self> {
        let jwks = document.get("keys")?.as_array().filter(|jwks| jwks.len() <= MAX_KEYS)?;
        let jwks: Vec<_> = jwks.iter().filter_map(Value::as_object).collect();
        let mut named = HashMap::new();
        for kid in jwks.iter().filter_map(|jwk| jwk.get("kid")?.as_str()) {
            *named.entry(kid.to_owned()).or_default() += 1;
        }
        Some(Self { keys: jwks.into_iter().filter_map(Key::read).collect(), named })
    }

    /// Whether a newer set could have nothing else to say of this token: its key is here.
    pub(super) fn knows(&self, signing: &Signing) -> bool {
        signing.kid.as_ref().is_some_and(|kid| self.named.contains_key(kid))
    }

    /// The token's claims, if its key has signed them.
    pub(super) fn prove(&self, jwt: &Jwt<'_>, signing: &Signing) -> Option<Vouched> {
        jwt.signed_by(self.find(signing)?, signing.algorithm)
    }

    /// The one key that the token can mean. An identifier that two keys have means neither, and a
    /// token without one means a key only where one alone fits.
    fn find(&self, signing: &Signing) -> Option<&Key> {
        let mut fitting = self.keys.iter().filter(|key| key.fits(signing.algorithm));
        match &signing.kid {
            Some(kid) if self.named.get(kid) == Some(&1) => {
                fitting.find(|key| key.kid() == Some(kid))
            }
            Some(_) => None,
            None => {
                let only = fitting.next()?;
                fitting.next().is_none().then_some(only)
            }
        }
    }
}
