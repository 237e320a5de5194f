//! Tokens, honest and forged.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::Key;

/// A token before it is signed.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The JOSE header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
}

impl Draft {
    /// The draft of an access token (RFC 9068) with these claims.
    #[must_use]
    pub fn new(claims: Value) -> Self {
        Self { header: json!({"typ": "at+jwt"}), claims }
    }

    /// With this in its header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    /// With this claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    /// Without a claim or header parameter.
    ///
    /// # Panics
    /// Never: both are objects.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        for part in [&mut self.header, &mut self.claims] {
            part.as_object_mut().expect("an object").remove(name);
        }
        self
    }

    /// Signs it as an issuer does: `alg` and `kid` are the key's, unless the header has them. `kid:
    /// null` leaves it out.
    ///
    /// # Panics
    /// When the key cannot sign so.
    #[must_use]
    pub fn sign(&self, key: &Key) -> String {
        let mut header = self.header.clone();
        let object = header.as_object_mut().expect("an object");
        object.entry("alg").or_insert_with(|| key.alg().into());
        object.entry("kid").or_insert_with(|| key.kid().into());
        if object["kid"].is_null() {
            object.remove("kid");
        }
        let alg = object["alg"].as_str().unwrap_or(key.alg()).to_owned();
        compact(&header.to_string(), &self.claims.to_string(), |message| key.sign(&alg, message))
    }

    /// Without a signature.
    #[must_use]
    pub fn unsigned(&self) -> String {
        compact(&self.header.to_string(), &self.claims.to_string(), |_| Vec::new())
    }

    /// With a MAC under this secret.
    #[must_use]
    pub fn mac(&self, secret: &[u8]) -> String {
        compact(&self.header.to_string(), &self.claims.to_string(), |message| mac(secret, message))
    }
}

/// The compact form of a header and claims, as they are written, and a signature over them.
#[must_use]
pub fn compact(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// HMAC with SHA-256.
#[must_use]
pub fn mac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
}

/// base64url without padding.
#[must_use]
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
