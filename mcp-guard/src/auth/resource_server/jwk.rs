//! A public key of an issuer (RFC 7517, RFC 7518 §6, RFC 8037 §2), and whether it signed something.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, crypto::aws_lc};
use serde_json::{Map, Value};

use super::algorithm::SigningAlgorithm;

/// A key that may verify signatures.
pub(super) struct Key {
    kid: Option<String>,
    family: Family,
    /// The one algorithm that it is for, where that is said (RFC 7517 §4.4).
    algorithm: Option<SigningAlgorithm>,
    public: DecodingKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// The smallest and the largest RSA modulus, in bits: RFC 7518 §3.3, and what is verified in time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

impl Key {
    /// Reads one key of a set. `None` for one that must not or cannot verify: a secret one, one for
    /// another use, a weak one, one of a kind that is not known here.
    pub(super) fn read(jwk: &Map<String, Value>) -> Option<Self> {
        // Whoever can read the set could sign with it.
        if jwk.contains_key("d") || jwk.contains_key("k") || !is_for_signatures(jwk) {
            return None;
        }
        let (family, public) = match text(jwk, "kty")? {
            "RSA" => (Family::Rsa, rsa(jwk)?),
            "EC" => elliptic(jwk)?,
            "OKP" => (Family::Ed25519, edwards(jwk)?),
            _ => return None,
        };
        let algorithm = match jwk.get("alg") {
            None => None,
            Some(alg) => Some(SigningAlgorithm::named(alg.as_str()?)?),
        };
        let kid = match jwk.get("kid") {
            None => None,
            Some(kid) => Some(kid.as_str()?.to_owned()),
        };
        Some(Self { kid, family, algorithm, public })
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether the key is for this algorithm (RFC 8725 §3.1: a key is used with one alone).
    pub(super) fn fits(&self, algorithm: SigningAlgorithm) -> bool {
        self.family == family_of(algorithm) && self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// Whether the key has signed the message with this algorithm. The provider is named, because a
    /// program that has two of them has no default.
    pub(super) fn verifies(
        &self,
        algorithm: SigningAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let verifier = (aws_lc::DEFAULT_PROVIDER.verifier_factory)(&algorithm.jose(), &self.public);
        self.fits(algorithm)
            && verifier.is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
    }
}

fn family_of(algorithm: SigningAlgorithm) -> Family {
    use SigningAlgorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    match algorithm {
        RS256 | RS384 | RS512 | PS256 | PS384 | PS512 => Family::Rsa,
        ES256 => Family::P256,
        ES384 => Family::P384,
        EdDSA => Family::Ed25519,
    }
}

/// `use` and `key_ops`, where they are there (RFC 7517 §4.2 and §4.3).
fn is_for_signatures(jwk: &Map<String, Value>) -> bool {
    let used = jwk.get("use").is_none_or(|used| used == "sig");
    let operations = jwk.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|all| all.iter().any(|one| one == "verify"))
    });
    used && operations
}

fn rsa(jwk: &Map<String, Value>) -> Option<DecodingKey> {
    let (modulus, exponent) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
    let modulus = significant(&modulus);
    let exponent = significant(&exponent);
    let bits = modulus.len() * 8 - usize::try_from(modulus.first()?.leading_zeros()).ok()?;
    // With an exponent of one, every signature is its own message.
    let is_odd_and_more_than_one = exponent.last()? % 2 == 1 && exponent != [1];
    let is_usable = RSA_BITS.contains(&bits) && is_odd_and_more_than_one && exponent.len() <= 4;
    is_usable.then(|| DecodingKey::from_rsa_raw_components(modulus, exponent))
}

fn elliptic(jwk: &Map<String, Value>) -> Option<(Family, DecodingKey)> {
    let (family, length) = match text(jwk, "crv")? {
        "P-256" => (Family::P256, 32),
        "P-384" => (Family::P384, 48),
        _ => return None,
    };
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    // Coordinates have the full length (RFC 7518 §6.2.1.2); the point is uncompressed.
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    (x.len() == length && y.len() == length).then(|| (family, DecodingKey::from_ec_der(&point)))
}

fn edwards(jwk: &Map<String, Value>) -> Option<DecodingKey> {
    let x = bytes(jwk, "x")?;
    (text(jwk, "crv")? == "Ed25519" && x.len() == 32).then(|| DecodingKey::from_ed_der(&x))
}

fn text<'a>(jwk: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    jwk.get(name)?.as_str()
}

fn bytes(jwk: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text(jwk, name)?).ok()
}

/// A number without leading zeros.
fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}
