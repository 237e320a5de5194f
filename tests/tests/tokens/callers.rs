//! Who a tool sees.

use guard_tests::issuer::TestIssuer;
use mcp_guard::{Issuer, ResourceServer};
use serde_json::json;

use crate::world::{CANARY, ISSUER, KEYS, NOW, RESOURCE, Verdict, World, draft, seconds};

async fn world_of(set: impl FnOnce(Issuer) -> Issuer) -> (TestIssuer, World) {
    let issuer = TestIssuer::start(vec![KEYS.ed.jwk()]).await;
    let trusted = set(Issuer::jwks(ISSUER, issuer.jwks_url()).allow_http_on_loopback());
    let world = World::open(ResourceServer::new(RESOURCE).issuer(trusted)).await;
    (issuer, world)
}

#[tokio::test]
async fn a_caller_is_what_the_token_says_and_was_asked_for() {
    let (_issuer, world) =
        world_of(|issuer| issuer.tenant_claim("org_id").keep_claims(["email", "groups"])).await;
    let token = draft().claim("org_id", "acme").claim("groups", json!(["a", {"b": 1}]));
    let token = token.claim("scope", "orders refunds orders").claim("secret", CANARY);
    assert_eq!(world.present(&token.sign(&KEYS.ed)).await, Verdict::Taken);
    let caller = world.seen.last();
    assert_eq!(caller.issuer(), ISSUER);
    assert_eq!(caller.subject(), "alice");
    assert_eq!(caller.tenant(), Some("acme"));
    assert_eq!(caller.client(), Some("agent"));
    assert_eq!(caller.scopes().collect::<Vec<_>>(), ["orders", "refunds"]);
    assert_eq!(caller.claim("email"), Some(&json!(format!("{CANARY}@example.com"))));
    assert_eq!(caller.claim("groups"), Some(&json!(["a", {"b": 1}])));
    assert_eq!(caller.claim("secret"), None);
    assert_eq!(caller.claim("org_id"), None);
    assert!(!format!("{caller:?}").contains(CANARY), "claims are not printed");
}

#[tokio::test]
async fn what_was_not_asked_for_is_not_read() {
    let (_issuer, world) = world_of(|issuer| issuer).await;
    let token = draft().claim("org_id", "acme").claim("tenant", "acme").claim("scp", "admin");
    assert_eq!(world.present(&token.without("scope").sign(&KEYS.ed)).await, Verdict::Taken);
    let caller = world.seen.last();
    assert_eq!((caller.tenant(), caller.claim("email")), (None, None));
    assert_eq!(caller.scopes().count(), 0);
}

#[tokio::test]
async fn scp_is_read_where_that_was_asked_for() {
    let (_issuer, world) = world_of(Issuer::scopes_from_scp).await;
    let bare = draft().without("scope");
    for (scp, expected) in [
        (json!("a b"), vec!["a", "b"]),
        (json!(["b", "a", "b"]), vec!["a", "b"]),
        (json!([]), vec![]),
        (json!(""), vec![]),
    ] {
        let token = bare.clone().claim("scp", scp.clone()).sign(&KEYS.ed);
        assert_eq!(world.present(&token).await, Verdict::Taken, "{scp}");
        assert_eq!(world.seen.last().scopes().collect::<Vec<_>>(), expected, "{scp}");
    }
    assert_eq!(world.present(&draft().sign(&KEYS.ed)).await, Verdict::Taken);
    assert_eq!(world.seen.last().scopes().count(), 2, "`scope` is read where there is no `scp`");
}

#[tokio::test]
async fn the_client_is_azp_where_the_issuer_calls_it_so() {
    let (_issuer, world) = world_of(Issuer::accept_plain_typ).await;
    let token = draft().header("typ", "JWT").claim("azp", "web");
    assert_eq!(world.present(&token.sign(&KEYS.ed)).await, Verdict::Taken);
    assert_eq!(world.seen.last().client(), Some("agent"));
    assert_eq!(world.present(&token.without("client_id").sign(&KEYS.ed)).await, Verdict::Taken);
    assert_eq!(world.seen.last().client(), Some("web"));
}

#[tokio::test]
async fn a_token_ends_when_it_says_and_the_leeway_is_what_was_set() {
    let (_issuer, world) = world_of(|issuer| issuer.leeway(seconds(0))).await;
    let token = draft().claim("exp", NOW + 2).sign(&KEYS.ed);
    assert_eq!(world.present(&token).await, Verdict::Taken);
    world.clock.advance(seconds(1));
    assert_eq!(world.present(&token).await, Verdict::Taken);
    world.clock.advance(seconds(1));
    assert_eq!(world.present(&token).await, Verdict::Refused, "on or after `exp`");
    let early = draft().claim("nbf", NOW + 3).sign(&KEYS.ed);
    assert_eq!(world.present(&early).await, Verdict::Refused);
    world.clock.advance(seconds(1));
    assert_eq!(world.present(&early).await, Verdict::Taken);
}
