//! Keys that come and go, and how often they are asked for.

use std::time::Duration;

use futures_util::future::join_all;
use guard_tests::issuer::{Draft, TestIssuer, compact};
use mcp_guard::{Issuer, ResourceServer};
use serde_json::json;
use tokio::time::Instant;

use crate::world::{
    ISSUER, KEYS, RESOURCE,
    Verdict::{self, Refused, Taken},
    World, claims, draft, honest, pass, seconds,
};

async fn world() -> (TestIssuer, World) {
    let issuer = TestIssuer::start(vec![KEYS.rsa.jwk()]).await;
    let trusted = Issuer::jwks(ISSUER, issuer.jwks_url()).allow_http_on_loopback();
    let world = World::open(ResourceServer::new(RESOURCE).issuer(trusted)).await;
    (issuer, world)
}

/// A token of a key that nobody has heard of.
fn unheard_of(number: usize) -> String {
    let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": format!("random-{number}")});
    compact(&header.to_string(), &claims().to_string(), |_| vec![7; 256])
}

#[tokio::test]
async fn a_new_key_is_known_as_soon_as_it_is_used() {
    let (issuer, world) = world().await;
    assert_eq!(world.present(&honest()).await, Taken);
    pass(seconds(31)).await;
    issuer.said().keys = vec![KEYS.ed.jwk()];
    assert_eq!(world.present(&draft().sign(&KEYS.ed)).await, Taken);
    assert_eq!(world.present(&honest()).await, Refused, "the old key is gone");
    assert_eq!(issuer.count("/jwks"), 2);
}

#[tokio::test]
async fn a_new_key_without_an_identifier_is_known_as_soon_as_it_is_used() {
    let (issuer, world) = world().await;
    let nameless = |draft: Draft| draft.header("kid", serde_json::Value::Null);
    assert_eq!(world.present(&nameless(draft()).sign(&KEYS.rsa)).await, Taken);
    pass(seconds(31)).await;
    issuer.said().keys = vec![KEYS.forger.jwk()];
    assert_eq!(world.present(&nameless(draft()).sign(&KEYS.forger)).await, Taken);
    assert_eq!(world.present(&nameless(draft()).sign(&KEYS.rsa)).await, Refused);
}

#[tokio::test]
async fn a_key_that_was_removed_is_used_no_longer_than_it_is_fresh() {
    for (cache_control, fresh) in [
        (None, 300),
        (Some("max-age=600"), 600),
        (Some("max-age=0"), 60),
        (Some("no-store"), 60),
        (Some("public, max-age=31536000"), 900),
        (Some("max-age=x"), 300),
    ] {
        let (issuer, world) = world().await;
        issuer.said().cache_control = cache_control.map(Into::into);
        assert_eq!(world.present(&honest()).await, Taken);
        issuer.said().keys = vec![KEYS.ed.jwk()];
        pass(seconds(fresh - 1)).await;
        assert_eq!(world.present(&honest()).await, Taken, "{cache_control:?}");
        assert_eq!(issuer.count("/jwks"), 1, "{cache_control:?}");
        pass(seconds(1)).await;
        assert_eq!(world.present(&honest()).await, Refused, "{cache_control:?}");
        assert_eq!(issuer.count("/jwks"), 2, "{cache_control:?}");
    }
}

#[tokio::test]
async fn an_issuer_that_withdraws_all_its_keys_is_not_believed_any_more() {
    let (issuer, world) = world().await;
    assert_eq!(world.present(&honest()).await, Taken);
    issuer.said().keys = vec![];
    pass(seconds(300)).await;
    assert_eq!(world.present(&honest()).await, Refused);
}

#[tokio::test]
async fn ten_thousand_unknown_keys_in_a_minute_cause_one_request_per_cool_down() {
    let (issuer, world) = world().await;
    let started = Instant::now();
    for batch in 0..50 {
        let tokens: Vec<_> = (0..200).map(|number| unheard_of(batch * 200 + number)).collect();
        let verdicts = join_all(tokens.iter().map(|token| world.present(token))).await;
        assert!(verdicts.iter().all(|verdict| *verdict == Refused), "{verdicts:?}");
        let due = Duration::from_millis(1_180) * (u32::try_from(batch).expect("a number") + 1);
        pass(due.saturating_sub(started.elapsed())).await;
    }
    let (took, requests) = (started.elapsed(), issuer.count("/jwks"));
    println!("10,000 unknown keys in {} s: {requests} requests", took.as_secs());
    // The first, and one for each cool-down that has passed: on a slow machine it is more than a minute.
    assert_eq!(requests as u64, 1 + took.as_secs() / 30);
    pass(seconds(30)).await;
    // They have not kept a new key away.
    issuer.said().keys = vec![KEYS.ed.jwk()];
    assert_eq!(world.present(&draft().sign(&KEYS.ed)).await, Taken);
    assert_eq!(issuer.count("/jwks"), requests + 1);
}

#[tokio::test]
async fn a_crowd_waits_for_one_request() {
    let (issuer, world) = world().await;
    let token = honest();
    let crowd = join_all((0..200).map(|_| world.present(&token))).await;
    assert!(crowd.iter().all(|verdict| *verdict == Taken));
    assert_eq!(world.seen.callers().len(), 200);
    assert_eq!(issuer.count("/jwks"), 1);
    pass(seconds(300)).await;
    let crowd = join_all((0..200).map(|_| world.present(&token))).await;
    assert!(crowd.iter().all(|verdict| *verdict == Taken));
    assert_eq!(issuer.count("/jwks"), 2);
}

/// A client that hangs up while the keys are on their way must not make another request necessary.
#[tokio::test]
async fn clients_that_hang_up_do_not_cause_more_requests() {
    let (issuer, world) = world().await;
    let token = honest();
    for _ in 0..50 {
        let hangs_up = tokio::time::timeout(Duration::ZERO, world.present(&token));
        let _hung_up: Result<Verdict, _> = hangs_up.await;
        tokio::task::yield_now().await;
    }
    assert_eq!(world.present(&token).await, Taken);
    assert_eq!(issuer.count("/jwks"), 1);
}

#[tokio::test]
async fn a_known_key_that_has_not_signed_causes_no_request() {
    let (issuer, world) = world().await;
    assert_eq!(world.present(&honest()).await, Taken);
    pass(seconds(31)).await;
    for _ in 0..10 {
        assert_eq!(world.present(&draft().sign(&KEYS.forger)).await, Refused);
    }
    assert_eq!(issuer.count("/jwks"), 1);
}

#[tokio::test]
async fn a_stranger_to_the_issuer_causes_no_request() {
    let (issuer, world) = world().await;
    let stranger = draft().claim("iss", "https://evil.example").sign(&KEYS.rsa);
    let opaque = "2YotnFZFEjr1zCsicMWpAA";
    for token in [stranger.as_str(), opaque, "a.b.c"] {
        assert_eq!(world.present(token).await, Refused);
    }
    assert_eq!(issuer.count("/"), 0);
}
