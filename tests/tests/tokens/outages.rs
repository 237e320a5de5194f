//! An issuer that is down, slow, endless or lying: nobody is let in whose token cannot be checked,
//! and nobody is kept out whose token can.

use std::time::Duration;

use guard_tests::issuer::{Mood, TestIssuer};
use mcp_guard::{Issuer, ResourceServer};
use serde_json::json;

use crate::world::{
    ISSUER, KEYS, RESOURCE,
    Verdict::{Refused, Taken, Unavailable},
    World, draft, honest, pass, seconds,
};

/// How long a request may take, and a little.
const PATIENCE: Duration = Duration::from_millis(5100);

async fn world(mood: Mood) -> (TestIssuer, World) {
    let issuer = TestIssuer::start(vec![KEYS.rsa.jwk()]).await;
    issuer.said().mood = mood;
    let trusted = Issuer::jwks(ISSUER, issuer.jwks_url()).allow_http_on_loopback();
    let world = World::open(ResourceServer::new(RESOURCE).issuer(trusted)).await;
    (issuer, world)
}

#[tokio::test]
async fn cold_nobody_is_let_in_until_the_issuer_is_back() {
    let (issuer, world) = world(Mood::Status(500)).await;
    for _ in 0..20 {
        assert_eq!(world.present(&honest()).await, Unavailable);
    }
    assert_eq!(issuer.count("/jwks"), 1, "it is not asked again at once");
    issuer.said().mood = Mood::Well;
    pass(seconds(9)).await;
    assert_eq!(world.present(&honest()).await, Unavailable);
    pass(seconds(1)).await;
    assert_eq!(world.present(&honest()).await, Taken);
    assert_eq!(issuer.count("/jwks"), 2);
}

#[tokio::test]
async fn cold_without_anybody_at_the_address_nobody_is_let_in() {
    let issuer = TestIssuer::start(vec![]).await;
    let trusted = Issuer::jwks(ISSUER, issuer.jwks_url()).allow_http_on_loopback();
    issuer.close().await;
    let world = World::open(ResourceServer::new(RESOURCE).issuer(trusted)).await;
    assert_eq!(world.present(&honest()).await, Unavailable);
    assert_eq!(world.seen.callers(), []);
}

#[tokio::test]
async fn warm_known_keys_serve_up_to_a_hard_limit() {
    let (issuer, world) = world(Mood::Well).await;
    assert_eq!(world.present(&honest()).await, Taken);
    issuer.said().mood = Mood::Status(503);
    for _ in 0..11 {
        pass(seconds(300)).await;
        assert_eq!(world.present(&honest()).await, Taken);
        assert_eq!(world.present(&draft().sign(&KEYS.forger)).await, Refused);
    }
    pass(seconds(299)).await;
    assert_eq!(world.present(&honest()).await, Taken, "for an hour, less a second");
    pass(seconds(1)).await;
    assert_eq!(world.present(&honest()).await, Unavailable);
    issuer.said().mood = Mood::Well;
    pass(seconds(10)).await;
    assert_eq!(world.present(&honest()).await, Taken);
}

#[tokio::test]
async fn warm_it_cannot_be_told_whether_a_new_key_is_the_issuers() {
    let (issuer, world) = world(Mood::Well).await;
    assert_eq!(world.present(&honest()).await, Taken);
    issuer.said().mood = Mood::Status(503);
    pass(seconds(31)).await;
    for _ in 0..20 {
        assert_eq!(world.present(&draft().sign(&KEYS.ed)).await, Unavailable);
        assert_eq!(world.present(&honest()).await, Taken);
    }
    assert_eq!(issuer.count("/jwks"), 2, "it is not asked again at once");
}

#[tokio::test]
async fn the_hard_limit_is_what_was_set() {
    let issuer = TestIssuer::start(vec![KEYS.rsa.jwk()]).await;
    let trusted = Issuer::jwks(ISSUER, issuer.jwks_url()).allow_http_on_loopback();
    let trusted = trusted.max_stale(seconds(15 * 60));
    let world = World::open(ResourceServer::new(RESOURCE).issuer(trusted)).await;
    assert_eq!(world.present(&honest()).await, Taken);
    issuer.said().mood = Mood::Status(503);
    pass(seconds(15 * 60 - 1)).await;
    assert_eq!(world.present(&honest()).await, Taken);
    pass(seconds(1)).await;
    assert_eq!(world.present(&honest()).await, Unavailable);
}

/// Whether a call is answered, once its issuer was asked and does not come to an end.
async fn answered_in_time(mood: Mood) {
    let (issuer, world) = world(mood.clone()).await;
    let token = honest();
    let (verdict, ()) = tokio::join!(world.present(&token), async {
        issuer.is_asked().await;
        pass(PATIENCE).await;
    });
    assert_eq!(verdict, Unavailable, "{mood:?}");
    assert_eq!(world.seen.callers(), [], "{mood:?}");
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_does_not_hold_a_call_up() {
    answered_in_time(Mood::Stall).await;
}

#[tokio::test]
async fn an_issuer_that_never_ends_its_answer_does_not_hold_a_call_up() {
    answered_in_time(Mood::Trickle).await;
}

#[tokio::test]
async fn warm_a_slow_issuer_does_not_keep_anybody_out() {
    let (issuer, world) = world(Mood::Well).await;
    let token = honest();
    assert_eq!(world.present(&token).await, Taken);
    issuer.is_asked().await;
    issuer.said().mood = Mood::Trickle;
    pass(seconds(300)).await;
    let (verdict, ()) = tokio::join!(world.present(&token), async {
        issuer.is_asked().await;
        pass(PATIENCE).await;
    });
    assert_eq!(verdict, Taken);
    assert_eq!(world.present(&token).await, Taken, "nobody waits for the next one");
    assert_eq!(issuer.count("/jwks"), 2);
}

#[tokio::test]
async fn what_is_no_key_set_is_none() {
    let elsewhere = TestIssuer::start(vec![KEYS.rsa.jwk()]).await;
    let set = |keys: &str| format!("{{\"keys\":{keys}}}");
    let good = KEYS.rsa.jwk().to_string();
    let many = vec![good.as_str(); 101].join(",");
    let moods = [
        ("no JSON", Mood::Text("<html>".into())),
        ("nothing", Mood::Text(String::new())),
        ("a list", Mood::Text(format!("[{good}]"))),
        ("a key instead of a set", Mood::Text(good.clone())),
        ("keys that are no list", Mood::Text(set(&good))),
        ("the keys twice", Mood::Text(format!("{{\"keys\":[],\"keys\":[{good}]}}"))),
        ("a hundred and one keys", Mood::Text(set(&format!("[{many}]")))),
        ("more than 256 KiB", Mood::Text(set(&format!("[{good},\"{}\"]", "x".repeat(256 * 1024))))),
        ("a redirect to good keys", Mood::Redirect(elsewhere.jwks_url())),
        ("no content", Mood::Status(204)),
        ("not found", Mood::Status(404)),
        ("too many requests", Mood::Status(429)),
    ];
    for (what, mood) in moods {
        let (_issuer, world) = world(mood).await;
        assert_eq!(world.present(&honest()).await, Unavailable, "{what}");
        assert_eq!(world.seen.callers(), [], "{what}");
    }
    assert_eq!(elsewhere.count("/"), 0, "no redirect is followed");
}

#[tokio::test]
async fn an_outage_of_one_issuer_is_no_other_issuers() {
    let down = TestIssuer::start(vec![]).await;
    down.said().mood = Mood::Status(500);
    let up = TestIssuer::start(vec![KEYS.rsa.jwk()]).await;
    let issuer = |name: &str, server: &TestIssuer| {
        Issuer::jwks(name, server.jwks_url()).allow_http_on_loopback()
    };
    let server = ResourceServer::new(RESOURCE);
    let server = server.issuer(issuer("https://down.example", &down)).issuer(issuer(ISSUER, &up));
    let world = World::open(server).await;
    let theirs = draft().claim("iss", json!("https://down.example")).sign(&KEYS.rsa);
    assert_eq!(world.present(&theirs).await, Unavailable);
    assert_eq!(world.present(&honest()).await, Taken);
}
