//! Algorithms: confused, left out, not pinned (RFC 8725 §2.1).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use guard_tests::issuer::{compact, encode};

use super::weak;
use crate::{
    table::{Case, OCT_SECRET, refused, taken},
    world::{KEYS, claims, draft, honest},
};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = honest_ones();
    cases.extend(confused());
    cases.extend(without_any());
    cases.extend(not_pinned());
    cases.extend(wrong_signatures());
    cases
}

fn honest_ones() -> Vec<Case> {
    let signed_by = |key| draft().sign(key);
    vec![
        taken("RS256", honest()),
        taken("PS256", draft().header("alg", "PS256").sign(&KEYS.rsa)),
        taken("ES256", signed_by(&KEYS.ec)),
        taken("EdDSA", signed_by(&KEYS.ed)),
        taken("EdDSA by its name of RFC 9864", draft().header("alg", "Ed25519").sign(&KEYS.ed)),
        taken(
            "a key that is for verifying",
            draft().header("kid", "for-verifying").sign(&KEYS.spare),
        ),
    ]
}

/// The public key, as everybody has it, for the secret of a MAC.
fn confused() -> Vec<Case> {
    let der = KEYS.rsa.der();
    let lines = STANDARD.encode(&der);
    let lines: Vec<_> = lines.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let pem =
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    let jwk = KEYS.rsa.jwk();
    let modulus = jwk["n"].as_str().expect("a modulus").to_owned();
    let hs256 = || draft().header("alg", "HS256").header("kid", "rsa-1");
    vec![
        refused("HS256 with the public key's PEM", hs256().mac(pem.as_bytes())),
        refused(
            "HS256 with its PEM without the last line end",
            hs256().mac(pem.trim_end().as_bytes()),
        ),
        refused("HS256 with its DER", hs256().mac(&der)),
        refused("HS256 with its JWK", hs256().mac(jwk.to_string().as_bytes())),
        refused("HS256 with its modulus as text", hs256().mac(modulus.as_bytes())),
        refused("HS256 with its modulus", hs256().mac(&decode(&modulus))),
        refused("HS256 with an empty secret", hs256().mac(b"")),
        refused("HS256 with the published secret", hs256().header("kid", "oct-1").mac(OCT_SECRET)),
        refused("HS512 in the header", hs256().header("alg", "HS512").mac(OCT_SECRET)),
        refused(
            "RS256 in the header, the published secret's MAC behind it",
            draft().header("alg", "RS256").header("kid", "oct-1").mac(OCT_SECRET),
        ),
        refused(
            "HS256 in the header, the key's own signature behind it",
            draft().header("alg", "HS256").sign(&KEYS.rsa),
        ),
        refused("a key that is for HS256", draft().header("kid", "for-hs256").sign(&KEYS.spare)),
    ]
}

fn decode(text: &str) -> Vec<u8> {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

fn without_any() -> Vec<Case> {
    let none = |alg: &str| draft().header("alg", alg).header("kid", "rsa-1").unsigned();
    let honest = honest();
    let (message, _) = honest.rsplit_once('.').expect("a signature");
    vec![
        refused("none", none("none")),
        refused("None", none("None")),
        refused("NONE", none("NONE")),
        refused("nOnE", none("nOnE")),
        refused("none with a space", none("none ")),
        refused("an empty algorithm", none("")),
        refused("no algorithm", draft().header("kid", "rsa-1").unsigned()),
        refused("null for an algorithm", draft().header("alg", serde_json::Value::Null).unsigned()),
        refused("a list of algorithms", draft().header("alg", vec!["RS256"]).unsigned()),
        refused("a number for an algorithm", draft().header("alg", 256).unsigned()),
        refused(
            "none with a good signature behind it",
            compact(
                r#"{"alg":"none","typ":"at+jwt","kid":"rsa-1"}"#,
                &claims().to_string(),
                |message| KEYS.rsa.sign("RS256", message),
            ),
        ),
        refused("RS256 without its signature", format!("{message}.")),
    ]
}

fn not_pinned() -> Vec<Case> {
    let alg = |alg: &str| draft().header("alg", alg);
    vec![
        refused("RS384, which the issuer does not use", alg("RS384").sign(&KEYS.rsa)),
        refused("ES384, which the issuer does not use", draft().sign(&KEYS.p384)),
        refused("an algorithm in small letters", alg("rs256").sign(&KEYS.rsa)),
        refused("an algorithm with a space behind it", alg("RS256 ").sign(&KEYS.rsa)),
        refused("an algorithm that nobody knows", alg("XS256").sign(&KEYS.rsa)),
        refused("ES256 by a key on P-384", alg("ES256").sign(&KEYS.p384)),
        refused(
            "RS256 that names an elliptic key",
            alg("RS256").header("kid", "ec-1").sign(&KEYS.rsa),
        ),
        refused("ES256 that names an RSA key", alg("ES256").header("kid", "rsa-1").sign(&KEYS.ec)),
        refused("EdDSA that names an elliptic key", draft().header("kid", "ec-1").sign(&KEYS.ed)),
        refused("RS256 by a key for PS256", draft().header("kid", "ps-only").sign(&KEYS.spare)),
        taken("PS256 by a key for PS256", alg("PS256").header("kid", "ps-only").sign(&KEYS.spare)),
        refused("an RSA key of 1024 bits", weak::TOKEN.into()),
    ]
}

fn wrong_signatures() -> Vec<Case> {
    let header =
        |alg: &str, kid: &str| format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"{kid}"}}"#);
    let claims = claims().to_string();
    let signed =
        |alg, kid, sign: &dyn Fn(&[u8]) -> Vec<u8>| compact(&header(alg, kid), &claims, sign);
    let honest = honest();
    let parts: Vec<_> = honest.split('.').collect();
    let richer = encode(draft().claim("scope", "refunds orders admin").claims.to_string());
    vec![
        refused("another key's", draft().sign(&KEYS.forger)),
        refused("RS256 behind PS256", signed("PS256", "rsa-1", &|m| KEYS.rsa.sign("RS256", m))),
        refused("PS256 behind RS256", signed("RS256", "rsa-1", &|m| KEYS.rsa.sign("PS256", m))),
        refused("nothing but zeros, ECDSA", signed("ES256", "ec-1", &|_| vec![0; 64])),
        refused("nothing but zeros, EdDSA", signed("EdDSA", "ed-1", &|_| vec![0; 64])),
        refused("nothing but zeros, RSA", signed("RS256", "rsa-1", &|_| vec![0; 256])),
        refused(
            "one byte short",
            signed("RS256", "rsa-1", &|m| KEYS.rsa.sign("RS256", m)[1..].into()),
        ),
        refused(
            "one byte long",
            signed("ES256", "ec-1", &|m| [KEYS.ec.sign("", m), vec![0]].concat()),
        ),
        refused(
            "one bit off",
            signed("EdDSA", "ed-1", &|m| {
                let mut signature = KEYS.ed.sign("", m);
                signature[7] ^= 1;
                signature
            }),
        ),
        refused("of other claims", format!("{}.{richer}.{}", parts[0], parts[2])),
        refused(
            "of the claims alone",
            signed("RS256", "rsa-1", &|_| KEYS.rsa.sign("RS256", encode(&claims).as_bytes())),
        ),
        refused(
            "by a key with an exponent of one",
            signed("RS256", "exponent-of-one", &|_| vec![0; 256]),
        ),
    ]
}
