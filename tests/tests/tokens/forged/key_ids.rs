//! Key identifiers that are no identifiers, or not of the key that signed.

use serde_json::{Value, json};

use crate::{
    table::{Case, refused, taken},
    world::{KEYS, draft},
};

pub(crate) fn cases() -> Vec<Case> {
    let with = |kid: Value| draft().header("kid", kid).sign(&KEYS.rsa);
    let spare = |kid: &str| draft().header("kid", kid).sign(&KEYS.spare);
    vec![
        taken("no kid where one key alone fits", draft().header("kid", Value::Null).sign(&KEYS.ed)),
        refused(
            "no kid where several keys fit",
            draft().header("kid", Value::Null).sign(&KEYS.rsa),
        ),
        refused(
            "no kid, by a key that has none",
            draft().header("kid", Value::Null).sign(&KEYS.forger),
        ),
        refused("a path", with(json!("../../../../dev/null"))),
        refused("a path to the key", with(json!("./rsa-1"))),
        refused("a URL", with(json!("https://evil.example/jwks#rsa-1"))),
        refused("SQL", with(json!("x' UNION SELECT 'secret' -- "))),
        refused("a command", with(json!("rsa-1; id"))),
        refused("a null byte", with(json!("rsa-1\u{0}"))),
        refused("other letters", with(json!("RSA-1"))),
        refused("a space", with(json!("rsa-1 "))),
        refused("nothing", with(json!(""))),
        refused("a number", with(json!(1))),
        refused("true", with(json!(true))),
        refused("a list", with(json!(["rsa-1"]))),
        refused("an object", with(json!({"kid": "rsa-1"}))),
        refused("longer than any", with(json!("k".repeat(257)))),
        refused("another key's", with(json!("spare"))),
        refused("one that two keys have", spare("twice")),
        refused("a key for encryption", spare("for-encryption")),
        refused("a key that does not verify", spare("for-signing-only")),
        refused("a key whose secret part is published", spare("leaked")),
        refused("a key that is not written as it should be", spare("padded")),
        refused("a secret key", spare("oct-1")),
        refused("a key of another issuer", spare("spare")),
    ]
}
