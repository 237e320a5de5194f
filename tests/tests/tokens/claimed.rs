//! Tokens that an issuer has signed, and whose claims are not what they should be.

use serde_json::{Value, json};

use crate::{
    table::{Case, OTHER, PLAIN, PLAIN_AUDIENCE, refused, taken},
    world::{ISSUER, KEYS, NOW, RESOURCE, draft},
};

pub(crate) fn cases() -> Vec<Case> {
    [missing(), names(), audiences(), times(), scopes(), bound(), mixed_up(), plain()]
        .into_iter()
        .flatten()
        .collect()
}

fn with(claim: &str, value: impl Into<Value>) -> String {
    draft().claim(claim, value).sign(&KEYS.rsa)
}

fn missing() -> Vec<Case> {
    let without = |claim: &str| draft().without(claim).sign(&KEYS.rsa);
    vec![
        refused("no iss", without("iss")),
        refused("no sub", without("sub")),
        refused("no aud", without("aud")),
        refused("no exp", without("exp")),
        refused("no iat", without("iat")),
        refused("no client_id", without("client_id")),
        taken("no scope", without("scope")),
        taken("no claim to keep", without("email")),
    ]
}

fn names() -> Vec<Case> {
    vec![
        refused("iss in a list", with("iss", json!([ISSUER]))),
        refused("iss a number", with("iss", 1)),
        refused("iss null", with("iss", Value::Null)),
        refused("iss with a slash", with("iss", format!("{ISSUER}/"))),
        refused("iss in other letters", with("iss", ISSUER.to_uppercase())),
        refused("iss of nobody", with("iss", "https://evil.example")),
        refused("iss empty", with("iss", "")),
        refused("sub a number", with("sub", 7)),
        refused("sub null", with("sub", Value::Null)),
        refused("sub in a list", with("sub", json!(["alice"]))),
        refused("sub empty", with("sub", "")),
        refused("sub too long", with("sub", "s".repeat(256))),
        taken("sub as long as it may be", with("sub", "s".repeat(255))),
        refused("sub with a line end", with("sub", "alice\nbob")),
        refused("client_id a number", with("client_id", 7)),
        refused("client_id empty", with("client_id", "")),
        refused(
            "azp in the place of client_id",
            draft().claim("azp", "agent").without("client_id").sign(&KEYS.rsa),
        ),
    ]
}

fn audiences() -> Vec<Case> {
    let aud = |aud: Value| with("aud", aud);
    vec![
        taken("a list that has us", aud(json!(["https://a.example", RESOURCE]))),
        taken("a list of us", aud(json!([RESOURCE]))),
        refused("another audience", aud(json!("https://a.example/mcp"))),
        refused("a list of others", aud(json!(["https://a.example", ISSUER]))),
        refused("an empty list", aud(json!([]))),
        refused("null", aud(Value::Null)),
        refused("an empty text", aud(json!(""))),
        refused("an object", aud(json!({"0": RESOURCE}))),
        refused("an object with us for a name", aud(json!({RESOURCE: true}))),
        refused("a number", aud(json!(1))),
        refused("true", aud(json!(true))),
        refused("a list with a number in it", aud(json!([RESOURCE, 1]))),
        refused("a list in a list", aud(json!([[RESOURCE]]))),
        refused("what we begin with", aud(json!("https://payments.example.com"))),
        refused("what begins with us", aud(json!(format!("{RESOURCE}/admin")))),
        refused("us with a slash", aud(json!(format!("{RESOURCE}/")))),
        refused("us in other letters", aud(json!(RESOURCE.to_uppercase()))),
        refused("us among others in one text", aud(json!(format!("https://a.example {RESOURCE}")))),
        refused("anybody", aud(json!("*"))),
        refused("the issuer itself", aud(json!(ISSUER))),
        refused("our name for another issuer", aud(json!(PLAIN_AUDIENCE))),
    ]
}

/// The leeway is ten seconds.
fn times() -> Vec<Case> {
    vec![
        taken("expires now", with("exp", NOW)),
        taken("expired within the leeway", with("exp", NOW - 9)),
        refused("expired by the leeway", with("exp", NOW - 10)),
        refused("expired 59 s ago", with("exp", NOW - 59)),
        refused("expired at the epoch", with("exp", 0)),
        refused("expired before the epoch", with("exp", -1)),
        taken("expires at a fraction", with("exp", json!(1_900_000_000.5))),
        refused("expired by a fraction", with("exp", json!(1_899_999_989.9))),
        refused("exp a text", with("exp", (NOW + 600).to_string())),
        refused("exp null", with("exp", Value::Null)),
        refused("exp true", with("exp", true)),
        refused("exp in a list", with("exp", json!([NOW + 600]))),
        refused("exp in milliseconds", with("exp", (NOW + 600) * 1000)),
        refused("exp beyond all time", with("exp", json!(1e300))),
        refused("exp as large as an integer can be", with("exp", i64::MAX)),
        refused("exp larger than that", with("exp", u64::MAX)),
        taken("issued within the leeway", with("iat", NOW + 10)),
        refused("issued in the future", with("iat", NOW + 11)),
        refused("iat a text", with("iat", NOW.to_string())),
        refused("iat null", with("iat", Value::Null)),
        taken("valid from now", with("nbf", NOW)),
        taken("valid from within the leeway", with("nbf", NOW + 10)),
        refused("valid from later", with("nbf", NOW + 11)),
        refused("valid in an hour", with("nbf", NOW + 3600)),
        refused("nbf a text", with("nbf", NOW.to_string())),
        refused("nbf null", with("nbf", Value::Null)),
    ]
}

fn scopes() -> Vec<Case> {
    let scope = |scope: Value| with("scope", scope);
    vec![
        taken("a scope twice in one text", scope(json!("refunds refunds"))),
        taken("no scopes in a text", scope(json!(""))),
        taken("scp, which is not read", with("scp", json!(7))),
        refused("scopes in a list", scope(json!(["refunds"]))),
        refused("scope null", scope(Value::Null)),
        refused("scope a number", scope(json!(1))),
        refused("scopes with two spaces", scope(json!("refunds  orders"))),
        refused("scopes with a space behind", scope(json!("refunds "))),
        refused("scopes with a tab", scope(json!("refunds\torders"))),
        refused("scopes with commas and quotes", scope(json!("\"refunds\",\"orders\""))),
        refused("scopes beyond ASCII", scope(json!("refünds"))),
    ]
}

fn bound() -> Vec<Case> {
    vec![
        refused("bound to a DPoP key", with("cnf", json!({"jkt": "x"}))),
        refused("bound to a certificate", with("cnf", json!({"x5t#S256": "x"}))),
        refused("bound to nothing", with("cnf", json!({}))),
        refused("cnf null", with("cnf", Value::Null)),
    ]
}

/// What is one issuer's must not pass for another's.
fn mixed_up() -> Vec<Case> {
    let other = || draft().claim("iss", OTHER);
    vec![
        taken("the other issuer's own", other().header("kid", "rsa-1").sign(&KEYS.ec)),
        refused(
            "the other's key for the main issuer's name",
            draft().header("kid", "rsa-1").header("alg", "ES256").sign(&KEYS.ec),
        ),
        refused("the main issuer's key for the other's name", other().sign(&KEYS.rsa)),
        refused("an algorithm of the main issuer's alone", other().sign(&KEYS.spare)),
        refused(
            "the other's key for the plain issuer's name",
            draft()
                .claim("iss", PLAIN)
                .claim("aud", PLAIN_AUDIENCE)
                .claim("org_id", "acme")
                .sign(&KEYS.ec),
        ),
        refused(
            "what the plain issuer may leave out",
            other().header("kid", "rsa-1").header("typ", "JWT").sign(&KEYS.ec),
        ),
    ]
}

/// An issuer that does not follow RFC 9068.
fn plain() -> Vec<Case> {
    let plain = || {
        let token = draft().header("typ", "JWT").claim("iss", PLAIN).claim("aud", PLAIN_AUDIENCE);
        token.claim("org_id", "acme").without("scope")
    };
    let and = |claim: &str, value: Value| plain().claim(claim, value).sign(&KEYS.ed);
    vec![
        taken("typ JWT", plain().sign(&KEYS.ed)),
        taken("without typ", plain().without("typ").sign(&KEYS.ed)),
        taken("typ at+jwt all the same", plain().header("typ", "at+jwt").sign(&KEYS.ed)),
        taken("without a client", plain().without("client_id").sign(&KEYS.ed)),
        refused("another typ", plain().header("typ", "logout+jwt").sign(&KEYS.ed)),
        refused("azp a number", plain().without("client_id").claim("azp", 1).sign(&KEYS.ed)),
        refused("an ID token", and("at_hash", json!("x"))),
        refused("a logout token", and("events", json!({}))),
        refused("our name for the main issuer", and("aud", json!(RESOURCE))),
        taken("scp in a text", and("scp", json!("refunds orders"))),
        taken("scp in a list", and("scp", json!(["refunds", "orders"]))),
        taken(
            "scp and scope that agree",
            plain().claim("scp", json!(["b", "a"])).claim("scope", "a b").sign(&KEYS.ed),
        ),
        refused(
            "scp and scope that differ",
            plain().claim("scp", json!(["b", "a"])).claim("scope", "a").sign(&KEYS.ed),
        ),
        refused("scp with a number in it", and("scp", json!(["refunds", 1]))),
        refused("scp with two scopes in one", and("scp", json!(["refunds orders"]))),
        refused("scp null", and("scp", Value::Null)),
        refused("no tenant", plain().without("org_id").sign(&KEYS.ed)),
        refused("a tenant that is a number", and("org_id", json!(1))),
        refused("a tenant that is null", and("org_id", Value::Null)),
        refused("an empty tenant", and("org_id", json!(""))),
        refused("tenants in a list", and("org_id", json!(["acme"]))),
        refused("a tenant too long", and("org_id", json!("t".repeat(256)))),
    ]
}
