//! A JWT in its compact form (RFC 7515 §3.1), and what its header may say.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{algorithm::SigningAlgorithm, claims::Form, issuer::Rules, jwk::Key, refused::Refused};
use crate::wire::{self, WireLimits};

/// Header and claims of one token, read strictly. Nobody vouches for them yet.
pub(super) struct Jwt<'t> {
    /// Header and claims as they are signed.
    message: &'t str,
    signature: Vec<u8>,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

/// What a header says of how its token is signed.
pub(super) struct Signing {
    pub(super) algorithm: SigningAlgorithm,
    pub(super) kid: Option<String>,
    pub(super) form: Form,
}

/// Claims that the issuer vouches for: by a signature, or by saying so when it is asked.
pub(super) struct Vouched(Map<String, Value>);

impl Vouched {
    /// Those of a token that the issuer has just called active (RFC 7662 §2.2).
    pub(super) fn by_introspection(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    pub(super) fn claims(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// The longest key identifier, in bytes.
const MAX_KID: usize = 256;

/// How deep header and claims may be nested.
const MAX_DEPTH: usize = 8;

/// Header parameters that say where else to take the key from, or that the token is to be read in
/// another way. `crit` announces more of them (RFC 7515 §4.1, RFC 7516 §4.1, RFC 7797 §3).
const NEVER: [&str; 8] = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "zip", "enc"];

impl<'t> Jwt<'t> {
    /// Whether it is the issuer's business to be read here: three parts, the first a JSON object.
    /// Anything else is opaque.
    pub(super) fn is_one(token: &str) -> bool {
        let mut parts = token.split('.');
        let header = parts.next().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
        let is_object = header.is_some_and(|header| header.trim_ascii_start().starts_with(b"{"));
        is_object && parts.count() == 2
    }

    /// Takes a token apart.
    pub(super) fn read(token: &'t str) -> Result<Self, Refused> {
        let malformed = Refused("it is not three parts of base64url");
        let (message, signature) = token.rsplit_once('.').ok_or(malformed)?;
        let (header, claims) = message.split_once('.').ok_or(malformed)?;
        Ok(Self {
            message,
            signature: URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed)?,
            header: object(header)?,
            claims: object(claims)?,
        })
    }

    /// Who says that they issued it. It only chooses whose keys must have signed it.
    pub(super) fn alleged_issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    /// Reads the header by the rules of the issuer alone that the token names.
    pub(super) fn signing(&self, rules: &Rules) -> Result<Signing, Refused> {
        if NEVER.iter().any(|name| self.header.contains_key(*name)) {
            return Err(Refused("its header has a parameter that is never taken"));
        }
        let form = self.form(rules)?;
        let alg = self.header.get("alg").and_then(Value::as_str);
        let algorithm = alg
            .and_then(SigningAlgorithm::named)
            .filter(|algorithm| rules.algorithms.contains(algorithm))
            .ok_or(Refused("its algorithm is not one of the issuer's"))?;
        Ok(Signing { algorithm, kid: self.kid()?, form })
    }

    /// An ID token or another kind of JWT must not pass for an access token (RFC 9068 §4, RFC 8725
    /// §3.11). Media types are compared without regard to case (RFC 2045 §5.1).
    fn form(&self, rules: &Rules) -> Result<Form, Refused> {
        let is_plain = match self.header.get("typ") {
            None => true,
            Some(Value::String(typ)) if is_access_token(typ) => return Ok(Form::AccessToken),
            Some(Value::String(typ)) => typ.eq_ignore_ascii_case("JWT"),
            Some(_) => false,
        };
        if is_plain && rules.plain_typ {
            return Ok(Form::PlainJwt);
        }
        Err(Refused("its type is not `at+jwt`"))
    }

    fn kid(&self) -> Result<Option<String>, Refused> {
        match self.header.get("kid") {
            None => Ok(None),
            Some(Value::String(kid)) if (1..=MAX_KID).contains(&kid.len()) => Ok(Some(kid.clone())),
            Some(_) => Err(Refused("its key identifier is not a short text")),
        }
    }

    /// The claims, if this key has signed them.
    pub(super) fn signed_by(&self, key: &Key, algorithm: SigningAlgorithm) -> Option<Vouched> {
        key.verifies(algorithm, self.message.as_bytes(), &self.signature)
            .then(|| Vouched(self.claims.clone()))
    }
}

fn is_access_token(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
}

/// One JSON object without repeated members, from base64url without padding or loose bits.
fn object(part: &str) -> Result<Map<String, Value>, Refused> {
    let text =
        URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused("it is not three parts of base64url"))?;
    let limits = WireLimits { max_bytes: crate::auth::bearer::MAX_TOKEN, max_depth: MAX_DEPTH };
    wire::object(&text, limits)
        .map_err(|_| Refused("header or claims are not one JSON object, said once"))
}
