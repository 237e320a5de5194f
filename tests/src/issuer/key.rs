//! Keys that sign anything.

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeySize, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA256,
        RsaEncoding, RsaKeyPair,
    },
};
use serde_json::{Value, json};

use super::token::encode;

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RSA of 2048 bits.
    Rsa,
    /// On P-256.
    P256,
    /// On P-384.
    P384,
    /// Ed25519.
    Ed25519,
}

/// A private key, with the identifier that it is published under.
pub struct Key {
    kid: String,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Key {
    /// A fresh one.
    ///
    /// # Panics
    /// When there is no randomness.
    #[must_use]
    pub fn new(kind: Kind, id: &str) -> Self {
        let pair = match kind {
            Kind::Rsa => {
                Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")))
            }
            Kind::P256 => {
                Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
            }
            Kind::P384 => {
                Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key"))
            }
            Kind::Ed25519 => Pair::Ed(Ed25519KeyPair::generate().expect("a key")),
        };
        Self { kid: id.into(), pair }
    }

    /// Its identifier.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that it usually signs with.
    #[must_use]
    pub fn alg(&self) -> &'static str {
        match &self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(pair) if pair.public_key().as_ref().len() == 65 => "ES256",
            Pair::Ec(_) => "ES384",
            Pair::Ed(_) => "EdDSA",
        }
    }

    /// Its public part (RFC 7517).
    #[must_use]
    pub fn jwk(&self) -> Value {
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"kty": "RSA", "n": encode(&public.n), "e": encode(&public.e)})
            }
            Pair::Ec(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = if x.len() == 32 { "P-256" } else { "P-384" };
                json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
            }
            Pair::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())})
            }
        };
        jwk["kid"] = self.kid.clone().into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// Its public part under another identifier, with other members.
    #[must_use]
    pub fn jwk_with(&self, members: Value) -> Value {
        let mut jwk = self.jwk();
        let Value::Object(members) = members else { return jwk };
        for (name, value) in members {
            jwk[name] = value;
        }
        jwk
    }

    /// Its public part as a certificate has it (RFC 5280 §4.1.2.7).
    ///
    /// # Panics
    /// When it is not an RSA key.
    #[must_use]
    pub fn der(&self) -> Vec<u8> {
        let Pair::Rsa(pair) = &self.pair else { panic!("an RSA key") };
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a key");
        der.as_ref().to_vec()
    }

    /// Signs with an algorithm, whatever a header says.
    ///
    /// # Panics
    /// When the key cannot.
    #[must_use]
    pub fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding: &'static dyn RsaEncoding = match alg {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "PS256" => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).expect("signed");
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, message).expect("signed").as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}
