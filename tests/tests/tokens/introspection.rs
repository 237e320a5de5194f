//! Opaque tokens, about which their issuer is asked (RFC 7662).

use futures_util::future::join_all;
use guard_tests::issuer::{Mood, TestIssuer};
use mcp_guard::{Issuer, ResourceServer};
use serde_json::{Value, json};

use crate::world::{
    CANARY, ISSUER, KEYS, NOW, RESOURCE,
    Verdict::{Refused, Taken, Unavailable},
    World, assert_unlogged, draft, honest, pass, seconds,
};

const TOKEN: &str = "opaque-canary-1f0c9d-2YotnFZFEjr1zCsicMWpAA";

/// `guard` and `p w:%`, each form-encoded.
const CREDENTIALS: &str = "/introspect Basic Z3VhcmQ6cCUyMHclM0ElMjU=";

async fn world() -> (TestIssuer, World) {
    let issuer = TestIssuer::start(vec![]).await;
    let endpoint = format!("{}/introspect", issuer.url());
    let trusted = Issuer::introspect(ISSUER, endpoint, "guard", "p w:%").allow_http_on_loopback();
    let world = World::open(ResourceServer::new(RESOURCE).issuer(trusted)).await;
    (issuer, world)
}

fn active() -> Value {
    json!({
        "active": true, "sub": "alice", "aud": RESOURCE, "exp": NOW + 600, "scope": "refunds",
        "client_id": "agent", "token_type": "Bearer", "username": CANARY,
    })
}

fn with(member: &str, value: impl Into<Value>) -> String {
    let mut answer = active();
    answer[member] = value.into();
    answer.to_string()
}

fn without(member: &str) -> String {
    let mut answer = active();
    answer.as_object_mut().expect("an object").remove(member);
    answer.to_string()
}

#[tokio::test]
async fn an_active_token_is_its_callers() {
    let (issuer, world) = world().await;
    issuer.said().tokens.insert(TOKEN.into(), active().to_string());
    assert_eq!(world.present(TOKEN).await, Taken);
    let caller = world.seen.last();
    assert_eq!(
        (caller.issuer(), caller.subject(), caller.client()),
        (ISSUER, "alice", Some("agent"))
    );
    assert_eq!(caller.scopes().collect::<Vec<_>>(), ["refunds"]);
    assert_eq!(issuer.said().asked, [CREDENTIALS]);
}

#[tokio::test]
async fn an_answer_says_that_it_is_active_and_for_us() {
    let good = active().to_string();
    let cases = [
        (
            Taken,
            "without an issuer, a client or a scope",
            json!({
            "active": true, "sub": "a", "aud": [RESOURCE], "exp": NOW + 1})
            .to_string(),
        ),
        (Taken, "its issuer", with("iss", ISSUER)),
        (Taken, "a kind in other letters", with("token_type", "bearer")),
        (Refused, "not active", json!({"active": false}).to_string()),
        (Refused, "not active, and everything else", with("active", false)),
        (Unavailable, "active as text", with("active", "true")),
        (Unavailable, "active as a number", with("active", 1)),
        (Unavailable, "active null", with("active", Value::Null)),
        (Unavailable, "nothing of active", without("active")),
        (Unavailable, "active twice", good.replace('{', r#"{"active":false,"#)),
        (Unavailable, "a list", format!("[{good}]")),
        (Unavailable, "no JSON", "<html>".into()),
        (Unavailable, "more than 16 KiB", with("x", "x".repeat(16 * 1024))),
        (Unavailable, "more than 256 KiB", with("x", "x".repeat(256 * 1024))),
        (Refused, "another issuer", with("iss", "https://evil.example")),
        (Refused, "an issuer in a list", with("iss", json!([ISSUER]))),
        (Refused, "no audience", without("aud")),
        (Refused, "another audience", with("aud", "https://a.example")),
        (Refused, "an audience null", with("aud", Value::Null)),
        (Refused, "no audience in a list", with("aud", json!([]))),
        (Refused, "no subject", without("sub")),
        (Refused, "a subject that is a number", with("sub", 7)),
        (Refused, "no expiry", without("exp")),
        (Refused, "expired", with("exp", NOW - 10)),
        (Refused, "an expiry as text", with("exp", (NOW + 600).to_string())),
        (Refused, "not yet valid", with("nbf", NOW + 11)),
        (Refused, "issued in the future", with("iat", NOW + 11)),
        (Refused, "scopes in a list", with("scope", json!(["refunds"]))),
        (Refused, "a client that is a number", with("client_id", 7)),
        (Refused, "bound to a key", with("cnf", json!({"jkt": "x"}))),
        (Refused, "a DPoP token", with("token_type", "DPoP")),
        (Refused, "a kind that is null", with("token_type", Value::Null)),
    ];
    println!("{} answers to introspection", cases.len());
    for (expected, what, answer) in cases {
        let (issuer, world) = world().await;
        issuer.said().tokens.insert(TOKEN.into(), answer);
        assert_eq!(world.present(TOKEN).await, expected, "{what}");
        assert_eq!(world.seen.callers().len(), usize::from(expected == Taken), "{what}");
    }
    assert_unlogged(TOKEN);
}

#[tokio::test]
async fn a_revoked_token_is_taken_for_half_a_minute_at_most() {
    let (issuer, world) = world().await;
    issuer.said().tokens.insert(TOKEN.into(), active().to_string());
    assert_eq!(world.present(TOKEN).await, Taken);
    issuer.said().tokens.clear();
    pass(seconds(29)).await;
    assert_eq!(world.present(TOKEN).await, Taken);
    assert_eq!(issuer.count("/introspect"), 1);
    pass(seconds(1)).await;
    assert_eq!(world.present(TOKEN).await, Refused);
}

#[tokio::test]
async fn what_is_remembered_ends_when_the_token_does() {
    let (issuer, world) = world().await;
    issuer.said().tokens.insert(TOKEN.into(), with("exp", NOW + 5));
    assert_eq!(world.present(TOKEN).await, Taken);
    world.clock.advance(seconds(14));
    assert_eq!(world.present(TOKEN).await, Taken, "within the leeway");
    world.clock.advance(seconds(1));
    assert_eq!(world.present(TOKEN).await, Refused);
    assert_eq!(issuer.count("/introspect"), 1);
}

#[tokio::test]
async fn a_token_that_is_not_active_is_asked_about_again_after_a_while() {
    let (issuer, world) = world().await;
    for _ in 0..10 {
        assert_eq!(world.present(TOKEN).await, Refused);
    }
    assert_eq!(issuer.count("/introspect"), 1);
    issuer.said().tokens.insert(TOKEN.into(), active().to_string());
    pass(seconds(10)).await;
    assert_eq!(world.present(TOKEN).await, Taken);
}

#[tokio::test]
async fn a_crowd_with_one_token_asks_once_and_each_token_for_itself() {
    let (issuer, world) = world().await;
    issuer.said().tokens.insert(TOKEN.into(), active().to_string());
    let crowd = join_all((0..100).map(|_| world.present(TOKEN))).await;
    assert!(crowd.iter().all(|verdict| *verdict == Taken), "{crowd:?}");
    assert_eq!(issuer.count("/introspect"), 1);
    for almost in [&TOKEN[1..], &TOKEN.to_lowercase(), &format!("{TOKEN}A")] {
        assert_eq!(world.present(almost).await, Refused, "{almost}");
    }
    assert_eq!(issuer.count("/introspect"), 4);
}

#[tokio::test]
async fn nobody_is_let_in_while_the_issuer_cannot_be_asked() {
    for mood in [Mood::Status(401), Mood::Status(500), Mood::Redirect("http://127.0.0.1:9/".into())]
    {
        let (issuer, world) = world().await;
        issuer.said().tokens.insert(TOKEN.into(), active().to_string());
        issuer.said().mood = mood.clone();
        assert_eq!(world.present(TOKEN).await, Unavailable, "{mood:?}");
        issuer.said().mood = Mood::Well;
        assert_eq!(world.present(TOKEN).await, Taken, "what could not be asked is not remembered");
    }
    let (issuer, world) = world().await;
    issuer.said().mood = Mood::Stall;
    let (verdict, ()) = tokio::join!(world.present(TOKEN), async {
        issuer.is_asked().await;
        pass(seconds(6)).await;
    });
    assert_eq!(verdict, Unavailable);
}

/// A token goes to the issuer that it names, and an opaque one to the one that reads such.
#[tokio::test]
async fn no_issuer_is_shown_the_token_of_another() {
    let asked = TestIssuer::start(vec![]).await;
    let keyed = TestIssuer::start(vec![KEYS.rsa.jwk()]).await;
    let endpoint = format!("{}/introspect", asked.url());
    let theirs = "https://asked.example";
    let server = ResourceServer::new(RESOURCE)
        .issuer(Issuer::jwks(ISSUER, keyed.jwks_url()).allow_http_on_loopback())
        .issuer(Issuer::introspect(theirs, endpoint, "guard", "x").allow_http_on_loopback());
    let world = World::open(server).await;
    assert_eq!(world.present(&honest()).await, Taken);
    let forged = draft().sign(&KEYS.forger);
    assert_eq!(world.present(&forged).await, Refused);
    let of_nobody = draft().claim("iss", "https://evil.example").sign(&KEYS.rsa);
    assert_eq!(world.present(&of_nobody).await, Refused);
    assert_eq!(asked.count("/"), 0);

    let jwt = draft().claim("iss", theirs).sign(&KEYS.forger);
    asked.said().tokens.insert(jwt.clone(), with("iss", theirs));
    assert_eq!(world.present(&jwt).await, Taken, "its issuer vouches for it");
    assert_eq!(world.seen.last().issuer(), theirs);
    asked.said().tokens.insert(TOKEN.into(), with("iss", ISSUER));
    assert_eq!(world.present(TOKEN).await, Refused, "it cannot vouch for another's");
    assert_eq!((asked.count("/introspect"), keyed.count("/jwks")), (2, 1));
}
