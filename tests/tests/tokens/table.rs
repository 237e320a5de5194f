//! A table of tokens, each with its name, and the world that judges them.

use guard_tests::issuer::{Key, TestIssuer};
use mcp_guard::{Authenticate as _, AuthenticateError, Issuer, ResourceServer, SigningAlgorithm};
use serde_json::{Value, json};

use crate::{
    forged::weak,
    world::{ISSUER, KEYS, RESOURCE, Verdict, World, assert_unlogged, clock},
};

/// An issuer with one key, and one algorithm, of its own.
pub(crate) const OTHER: &str = "https://other.example";
/// An issuer that does not follow RFC 9068, and calls this server by another name.
pub(crate) const PLAIN: &str = "https://plain.example/";
/// That name.
pub(crate) const PLAIN_AUDIENCE: &str = "api://payments";
/// A secret key that the issuer publishes by mistake.
pub(crate) const OCT_SECRET: &[u8] = b"a secret that everybody can read";

/// A token, and whether it must be taken.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) token: String,
    pub(crate) taken: bool,
}

pub(crate) fn taken(name: &'static str, token: String) -> Case {
    Case { name, token, taken: true }
}

pub(crate) fn refused(name: &'static str, token: String) -> Case {
    Case { name, token, taken: false }
}

/// Comes with each token twice: through the front door, and to the resource server alone, which must
/// not rely on the door.
pub(crate) async fn judge(cases: Vec<Case>) {
    let issuers = Issuers::start().await;
    let world = World::open(issuers.trusted()).await;
    let alone = issuers.trusted().clock(clock());
    let mut wrong = Vec::new();
    for Case { name, token, taken } in &cases {
        let before = world.seen.callers().len();
        let verdict = world.present(token).await;
        let ran = world.seen.callers().len() - before;
        let expected = if *taken { Verdict::Taken } else { Verdict::Refused };
        if verdict != expected || ran != usize::from(*taken) {
            wrong.push(format!("{name}: {verdict:?}, and the tool ran {ran} times"));
        }
        let without_door = alone.authenticate(token).await;
        let is_right = if *taken {
            without_door.is_ok()
        } else {
            without_door == Err(AuthenticateError::InvalidToken)
        };
        if !is_right {
            wrong.push(format!("{name}, without the door: {without_door:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} are wrong:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
    for case in &cases {
        assert_unlogged(&case.token);
    }
    println!("{} tokens, each through the front door and alone", cases.len());
}

struct Issuers {
    main: TestIssuer,
    other: TestIssuer,
    plain: TestIssuer,
}

impl Issuers {
    async fn start() -> Self {
        // The other issuer's key has the identifier of one of the main issuer's.
        let other = KEYS.ec.jwk_with(json!({"kid": "rsa-1"}));
        Self {
            main: TestIssuer::start(published()).await,
            other: TestIssuer::start(vec![other, KEYS.spare.jwk()]).await,
            plain: TestIssuer::start(vec![KEYS.ed.jwk()]).await,
        }
    }

    fn trusted(&self) -> ResourceServer {
        let issuer = |name: &str, server: &TestIssuer| {
            Issuer::jwks(name, server.jwks_url()).allow_http_on_loopback()
        };
        let plain = issuer(PLAIN, &self.plain)
            .audience(PLAIN_AUDIENCE)
            .accept_plain_typ()
            .scopes_from_scp()
            .tenant_claim("org_id");
        ResourceServer::new(RESOURCE)
            .issuer(issuer(ISSUER, &self.main).keep_claims(["email"]))
            .issuer(issuer(OTHER, &self.other).algorithms([SigningAlgorithm::ES256]))
            .issuer(plain)
    }
}

/// What the main issuer publishes: good keys, and keys that must not be used.
fn published() -> Vec<Value> {
    let spare = |kid: &str, members: Value| {
        let mut jwk = KEYS.spare.jwk_with(members);
        jwk["kid"] = kid.into();
        jwk
    };
    let without_kid = |key: &Key| {
        let mut jwk = key.jwk();
        jwk.as_object_mut().expect("an object").remove("kid");
        jwk
    };
    vec![
        KEYS.rsa.jwk(),
        KEYS.ec.jwk(),
        KEYS.p384.jwk(),
        KEYS.ed.jwk(),
        json!({"kty": "oct", "kid": "oct-1", "k": guard_tests::issuer::encode(OCT_SECRET)}),
        spare("twice", json!({})),
        spare("twice", json!({"alg": "RS256"})),
        spare("for-encryption", json!({"use": "enc"})),
        spare("for-signing-only", json!({"key_ops": ["sign"]})),
        spare("for-verifying", json!({"key_ops": ["verify"]})),
        spare("ps-only", json!({"alg": "PS256"})),
        spare("for-hs256", json!({"alg": "HS256"})),
        spare("leaked", json!({"d": "AQAB"})),
        spare("exponent-of-one", json!({"e": "AQ"})),
        spare("padded", json!({"n": format!("{}=", KEYS.spare.jwk()["n"].as_str().expect("n"))})),
        without_kid(&KEYS.forger),
        json!({"kty": "RSA", "kid": "weak-1", "n": weak::MODULUS, "e": "AQAB"}),
        json!("not a key"),
    ]
}
