//! Headers that call a token something else, or want it read in another way.

use serde_json::{Value, json};

use crate::{
    table::{Case, refused, taken},
    world::{KEYS, draft},
};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = types();
    cases.extend(parameters());
    cases
}

fn types() -> Vec<Case> {
    let typ = |typ: Value| draft().header("typ", typ).sign(&KEYS.rsa);
    vec![
        taken("typ with its tree", typ(json!("application/at+jwt"))),
        taken("typ in other letters", typ(json!("AT+JWT"))),
        refused("no typ", draft().without("typ").sign(&KEYS.rsa)),
        refused("typ JWT", typ(json!("JWT"))),
        refused("typ jwt", typ(json!("jwt"))),
        refused("typ of a logout token", typ(json!("logout+jwt"))),
        refused("typ of a DPoP proof", typ(json!("dpop+jwt"))),
        refused("typ of a security event", typ(json!("secevent+jwt"))),
        refused("typ with a parameter", typ(json!("at+jwt; v=1"))),
        refused("typ with its tree twice", typ(json!("application/application/at+jwt"))),
        refused("typ null", typ(Value::Null)),
        refused("typ a number", typ(json!(1))),
        refused("typ a list", typ(json!(["at+jwt"]))),
    ]
}

fn parameters() -> Vec<Case> {
    let with = |name: &str, value: Value| draft().header(name, value).sign(&KEYS.rsa);
    let forged = |name: &str, value: Value| draft().header(name, value).sign(&KEYS.forger);
    let elsewhere = json!("https://evil.example/jwks");
    vec![
        refused("crit of what nobody knows", with("crit", json!(["x"]))),
        refused("crit of what is known", with("crit", json!(["exp"]))),
        refused("crit of nothing", with("crit", json!([]))),
        refused("crit null", with("crit", Value::Null)),
        refused(
            "crit of b64",
            draft().header("crit", json!(["b64"])).header("b64", true).sign(&KEYS.rsa),
        ),
        refused("b64 false", with("b64", json!(false))),
        refused("b64 true", with("b64", json!(true))),
        refused("a key of its own", forged("jwk", KEYS.forger.jwk())),
        refused("the issuer's key, brought along", with("jwk", KEYS.rsa.jwk())),
        refused("keys elsewhere", forged("jku", elsewhere.clone())),
        refused("a certificate elsewhere", forged("x5u", elsewhere)),
        refused("a certificate of its own", forged("x5c", json!(["MIIB"]))),
        refused("compressed claims", with("zip", json!("DEF"))),
        refused("encrypted claims", with("enc", json!("A256GCM"))),
    ]
}
