//! What `build()` says of a resource server that cannot be right.

use mcp_guard::{Authenticate as _, Issuer, ResourceServer};

use crate::world::{RESOURCE, seconds};

const GOOD: &str = "https://auth.example.com";

fn mistakes(issuers: impl IntoIterator<Item = Issuer>) -> Vec<String> {
    issuers.into_iter().fold(ResourceServer::new(RESOURCE), ResourceServer::issuer).mistakes()
}

#[test]
fn what_fits_together_has_none() {
    let server = ResourceServer::new(RESOURCE)
        .issuer(Issuer::discover(GOOD).leeway(seconds(60)))
        .issuer(Issuer::jwks("https://a.example/t/", "https://cdn.example/jwks?v=1"))
        .issuer(Issuer::introspect("https://b.example", "https://b.example/i", "id", "secret"));
    assert_eq!(server.mistakes(), [""; 0]);
    let told = server.protected_resource().expect("metadata");
    assert_eq!(told.resource(), RESOURCE);
    assert_eq!(told.authorization_servers(), [GOOD, "https://a.example/t/", "https://b.example"]);
    let local = ResourceServer::new("http://127.0.0.1:8787/mcp")
        .issuer(Issuer::discover("http://localhost:9000").allow_http_on_loopback())
        .issuer(Issuer::discover("https://10.0.0.7").allow_private_addresses());
    assert_eq!(local.mistakes(), [""; 0]);
}

#[test]
fn each_mistake_is_named_with_what_to_write() {
    let discover = Issuer::discover;
    let introspect = |secret: &str| Issuer::introspect(GOOD, "https://b.example/i", "id", secret);
    for (issuer, said) in [
        (discover("auth.example.com"), "not an absolute URL"),
        (discover("http://auth.example.com"), "must begin with `https://`"),
        (discover("http://localhost"), "add `.allow_http_on_loopback()`"),
        (discover("https://127.0.0.1"), "add `.allow_private_addresses()`"),
        (discover("https://169.254.169.254").allow_private_addresses(), "not public"),
        (discover("https://u:hunter2@auth.example.com"), "a user or a password"),
        (discover("https://auth.example.com/#x"), "a fragment"),
        (discover("https://auth.example.com/?x"), "a query"),
        (discover(GOOD).algorithms([]), "`.algorithms([…])` has none"),
        (discover(GOOD).leeway(seconds(61)), "longer than 60 s"),
        (discover(GOOD).max_stale(seconds(899)), "15 min to 24 h"),
        (discover(GOOD).max_stale(seconds(86_401)), "15 min to 24 h"),
        (discover(GOOD).audience(""), "`.audience(…)` is empty"),
        (discover(GOOD).tenant_claim(""), "an empty name"),
        (discover(GOOD).keep_claims([""]), "an empty name"),
        (Issuer::jwks(GOOD, "http://auth.example.com/jwks"), "the URL of its keys must begin with"),
        (Issuer::introspect(GOOD, "x", "id", "secret"), "its introspection endpoint is not"),
        (introspect(""), "a client's identifier and its secret"),
    ] {
        let mistakes = mistakes([issuer]);
        assert!(matches!(&mistakes[..], [one] if one.contains(said)), "{said}: {mistakes:?}");
        assert!(!mistakes[0].contains("hunter2"), "{mistakes:?}");
    }
}

#[test]
fn mistakes_of_the_whole_come_all_at_once() {
    let introspect = |name: &str| Issuer::introspect(name, "https://b.example/i", "id", "secret");
    let server = ResourceServer::new("payments");
    assert_eq!(server.mistakes().len(), 2, "its identifier, and nobody to trust");
    let twice = mistakes([Issuer::discover(GOOD), Issuer::discover(GOOD), Issuer::discover(GOOD)]);
    assert_eq!(twice.len(), 2, "{twice:?}");
    let secret = || Issuer::discover("https://u:hunter2@auth.example.com");
    assert!(mistakes([secret(), secret()]).iter().all(|mistake| !mistake.contains("hunter2")));
    let two_asked = mistakes([introspect("https://a.example"), introspect("https://b.example")]);
    assert!(matches!(&two_asked[..], [one] if one.contains("an opaque token")), "{two_asked:?}");
    let all = mistakes([
        Issuer::discover("x").leeway(seconds(61)).algorithms([]),
        Issuer::jwks("https://a.example", "y"),
    ]);
    assert_eq!(all.len(), 4, "{all:?}");
}
