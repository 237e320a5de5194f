//! Keys found from an issuer's URL (RFC 8414, OpenID Connect Discovery 1.0).

use guard_tests::issuer::{Mood, TestIssuer};
use mcp_guard::{Issuer, ResourceServer};
use serde_json::{Value, json};

use crate::world::{
    KEYS, RESOURCE,
    Verdict::{self, Refused, Taken, Unavailable},
    World, draft, pass, seconds,
};

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

/// An issuer with this path behind its host, and a world that trusts it.
async fn world(path: &str) -> (TestIssuer, String, World) {
    let server = TestIssuer::start(vec![KEYS.ed.jwk()]).await;
    let name = format!("{}{path}", server.url());
    let trusted = Issuer::discover(&name).allow_http_on_loopback();
    let world = World::open(ResourceServer::new(RESOURCE).issuer(trusted)).await;
    (server, name, world)
}

fn document(server: &TestIssuer, name: &str) -> Value {
    json!({"issuer": name, "jwks_uri": server.jwks_url(), "token_endpoint": "https://x.example"})
}

async fn present(world: &World, name: &str) -> Verdict {
    world.present(&draft().claim("iss", name).sign(&KEYS.ed)).await
}

#[tokio::test]
async fn keys_are_found_wherever_the_specifications_put_them() {
    let places = [
        ("", OAUTH.to_owned()),
        ("", OPENID.to_owned()),
        ("/", OAUTH.to_owned()),
        ("/", OPENID.to_owned()),
        ("/tenant/1", format!("{OAUTH}/tenant/1")),
        ("/tenant/1", format!("{OPENID}/tenant/1")),
        ("/tenant/1", format!("/tenant/1{OPENID}")),
        ("/tenant/1/", format!("/tenant/1{OPENID}")),
    ];
    for (path, place) in places {
        let (server, name, world) = world(path).await;
        let document = document(&server, &name);
        server.said().metadata.insert(place.clone(), document);
        assert_eq!(present(&world, &name).await, Taken, "{path:?} at {place}");
        let without_slash = name.trim_end_matches('/').to_owned() + "?";
        assert_eq!(present(&world, &without_slash).await, Refused, "{path:?} at {place}");
        assert_eq!(world.seen.last().issuer(), name);
    }
}

#[tokio::test]
async fn metadata_of_another_or_that_leads_astray_is_not_used() {
    let elsewhere = TestIssuer::start(vec![KEYS.ed.jwk()]).await;
    let (server, name, _) = world("").await;
    let good = document(&server, &name);
    let with = |member: &str, value: Value| {
        let mut document = good.clone();
        document[member] = value;
        document
    };
    let spoilt = [
        ("another issuer", with("issuer", json!("https://evil.example"))),
        ("the issuer with a slash", with("issuer", json!(format!("{name}/")))),
        ("the issuer in other letters", with("issuer", json!(name.to_uppercase()))),
        ("no issuer", with("issuer", Value::Null)),
        ("issuers in a list", with("issuer", json!([name]))),
        ("no keys", with("jwks_uri", Value::Null)),
        ("keys in the document", with("jwks_uri", json!({"keys": [KEYS.ed.jwk()]}))),
        ("keys in a file", with("jwks_uri", json!("file:///etc/jwks.json"))),
        ("keys over plain HTTP", with("jwks_uri", json!("http://issuer.example/jwks"))),
        ("keys at a metadata service", with("jwks_uri", json!("https://169.254.169.254/jwks"))),
        ("keys inside the network", with("jwks_uri", json!("https://10.0.0.1/jwks"))),
        ("a relative address", with("jwks_uri", json!("/jwks"))),
        ("a list instead", json!([good.clone()])),
    ];
    for (what, document) in spoilt {
        let trusted = Issuer::discover(&name).allow_http_on_loopback();
        let world = World::open(ResourceServer::new(RESOURCE).issuer(trusted)).await;
        server.said().metadata.insert(OAUTH.into(), document);
        assert_eq!(present(&world, &name).await, Unavailable, "{what}");
        assert_eq!(world.seen.callers(), [], "{what}");
    }
    let trusted = Issuer::discover(&name).allow_http_on_loopback();
    let world = World::open(ResourceServer::new(RESOURCE).issuer(trusted)).await;
    server.said().metadata.insert(OAUTH.into(), good);
    server.said().mood = Mood::Redirect(format!("{}{OAUTH}", elsewhere.url()));
    assert_eq!(present(&world, &name).await, Unavailable, "a redirect");
    assert_eq!((elsewhere.count("/"), server.count("/jwks")), (0, 0));
}

/// The next place is only tried when the one before has nothing to say.
#[tokio::test]
async fn a_good_document_behind_a_bad_one_is_used() {
    let (server, name, world) = world("").await;
    let good = document(&server, &name);
    server.said().metadata.insert(OAUTH.into(), json!({"issuer": "https://a.example"}));
    server.said().metadata.insert(OPENID.into(), good);
    assert_eq!(present(&world, &name).await, Taken);
}

#[tokio::test]
async fn keys_that_have_moved_are_found_again() {
    let (server, name, world) = world("").await;
    let there = document(&server, &name);
    server.said().metadata.insert(OAUTH.into(), there);
    assert_eq!(present(&world, &name).await, Taken);
    let moved = TestIssuer::start(vec![KEYS.ed.jwk()]).await;
    let elsewhere = document(&moved, &name);
    server.said().metadata.insert(OAUTH.into(), elsewhere);
    server.said().mood = Mood::Status(410);
    pass(seconds(300)).await;
    assert_eq!(present(&world, &name).await, Taken, "by the keys that are known");
    server.said().mood = Mood::Well;
    pass(seconds(10)).await;
    assert_eq!(present(&world, &name).await, Taken);
    assert_eq!((server.count(OAUTH), moved.count("/jwks")), (2, 1));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_asked_at_the_next_place() {
    let (server, name, world) = world("").await;
    let document = document(&server, &name);
    server.said().metadata.insert(OAUTH.into(), document);
    server.said().mood = Mood::Stall;
    let (verdict, ()) = tokio::join!(present(&world, &name), async {
        server.is_asked().await;
        pass(seconds(6)).await;
    });
    assert_eq!(verdict, Unavailable);
    assert_eq!((server.count("/"), world.seen.callers().len()), (1, 0));
}
