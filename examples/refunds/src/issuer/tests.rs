//! The issuer over HTTP, as a client sees it.

use std::{collections::BTreeMap, net::Ipv4Addr};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Client, Response, Url, header, redirect::Policy};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Control, Issuer, Kind, User, Wanted};

const RESOURCE: &str = "http://127.0.0.1:8787/mcp";
const REDIRECT: &str = "http://127.0.0.1:7777/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const ADMIN: &str = "the-admins-token";

/// A running issuer, and a client that does not follow redirections.
struct Town {
    url: String,
    http: Client,
}

type Form<'a> = BTreeMap<&'a str, &'a str>;

impl Town {
    async fn build() -> Self {
        Self::build_with(None).await
    }

    async fn build_with(introspection: Option<&str>) -> Self {
        let scopes = ["orders", "refunds"].map(str::to_owned).into();
        let user = User { subject: "ann".into(), tenant: Some("acme".into()), scopes };
        let listen = (Ipv4Addr::LOCALHOST, 0).into();
        let issuer = Issuer::open(listen, user, Some(ADMIN.into()), introspection).await;
        let issuer = issuer.expect("an issuer");
        let url = issuer.url().to_owned();
        tokio::spawn(issuer.run());
        let http = Client::builder().redirect(Policy::none()).no_proxy().build().expect("a client");
        Self { url, http }
    }

    async fn get(&self, path: &str) -> Value {
        let response =
            self.http.get(format!("{}{path}", self.url)).send().await.expect("an answer");
        json_of(response).await.1
    }

    async fn register(&self, client: &Value) -> (u16, Value) {
        let request = self.http.post(format!("{}/register", self.url)).json(client);
        json_of(request.send().await.expect("an answer")).await
    }

    /// A public client's identifier.
    async fn client(&self) -> String {
        let asked = json!({"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"]});
        let (status, client) = self.register(&asked).await;
        assert_eq!(status, 201, "{client}");
        client["client_id"].as_str().expect("an identifier").to_owned()
    }

    async fn authorize(&self, form: &Form<'_>) -> Response {
        let url = Url::parse_with_params(&format!("{}/authorize", self.url), form).expect("a URL");
        self.http.get(url).send().await.expect("an answer")
    }

    /// What the person's browser is sent back with.
    async fn sent_back(&self, form: &Form<'_>) -> BTreeMap<String, String> {
        let response = self.authorize(form).await;
        assert_eq!(response.status(), 302);
        let to = response.headers()[header::LOCATION].to_str().expect("text").to_owned();
        assert!(to.starts_with(&format!("{REDIRECT}?")), "{to}");
        Url::parse(&to).expect("a URL").query_pairs().into_owned().collect()
    }

    async fn token(&self, form: &Form<'_>) -> (u16, Value) {
        let request = self.http.post(format!("{}/token", self.url)).form(form);
        json_of(request.send().await.expect("an answer")).await
    }

    /// What a client asks for that does everything right.
    fn ask<'a>(client: &'a str, challenge: &'a str, scope: &'a str) -> Form<'a> {
        BTreeMap::from([
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("scope", scope),
            ("resource", RESOURCE),
            ("state", "xyz"),
        ])
    }

    fn exchange<'a>(client: &'a str, code: &'a str) -> Form<'a> {
        BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", REDIRECT),
            ("resource", RESOURCE),
        ])
    }
}

async fn json_of(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

fn challenge() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

fn claims(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| {
        let part = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice(&part).unwrap_or_default()
    });
    (parts.next().expect("a header"), parts.next().expect("claims"))
}

#[tokio::test]
async fn a_person_s_agreement_becomes_a_token_for_one_server() {
    let town = Town::build().await;
    let metadata = town.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(metadata["issuer"], town.url);
    assert_eq!(metadata, town.get("/.well-known/openid-configuration").await);

    let (client, challenge) = (town.client().await, challenge());
    let back = town.sent_back(&Town::ask(&client, &challenge, "orders other")).await;
    assert_eq!((back["state"].as_str(), back["iss"].as_str()), ("xyz", town.url.as_str()));

    let (status, issued) = town.token(&Town::exchange(&client, &back["code"])).await;
    assert_eq!((status, &issued["scope"]), (200, &json!("orders")), "{issued}");
    assert_eq!(issued.get("refresh_token"), None, "nobody asked for one");
    let (head, claims) = claims(issued["access_token"].as_str().expect("a token"));
    assert_eq!((&head["typ"], &head["alg"]), (&json!("at+jwt"), &json!("ES256")));
    assert_eq!(town.get("/jwks.json").await["keys"][1]["kid"], head["kid"]);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(town.url), &json!(RESOURCE)));
    assert_eq!((&claims["sub"], &claims["org"]), (&json!("ann"), &json!("acme")));
    assert_eq!((&claims["scope"], &claims["client_id"]), (&json!("orders"), &json!(client)));

    let (status, again) = town.token(&Town::exchange(&client, &back["code"])).await;
    assert_eq!((status, &again["error"]), (400, &json!("invalid_grant")), "a code is used once");
}

#[tokio::test]
async fn a_code_is_for_whoever_asked_for_it_and_for_what() {
    let town = Town::build().await;
    let (client, stranger) = (town.client().await, town.client().await);
    for (name, wrong, error) in [
        ("client_id", stranger.as_str(), "invalid_grant"),
        ("client_id", "nobody", "invalid_client"),
        ("client_secret", "made-up", "invalid_client"),
        ("code_verifier", "another-verifier-that-is-as-long-as-the-first-one", "invalid_grant"),
        ("redirect_uri", "http://127.0.0.1:7777/other", "invalid_grant"),
        ("resource", "http://127.0.0.1:8788/mcp", "invalid_target"),
        ("grant_type", "client_credentials", "unauthorized_client"),
        ("grant_type", "password", "unsupported_grant_type"),
    ] {
        let back = town.sent_back(&Town::ask(&client, &challenge(), "orders")).await;
        let mut exchange = Town::exchange(&client, &back["code"]);
        exchange.insert(name, wrong);
        let (status, refused) = town.token(&exchange).await;
        assert_eq!(refused, json!({"error": error}), "{name}={wrong}");
        assert!(status == 400 || status == 401, "{status}");
    }
}

#[tokio::test]
async fn nobody_is_sent_where_the_client_has_not_registered() {
    let town = Town::build().await;
    let (client, challenge) = (town.client().await, challenge());
    for (name, wrong) in [
        ("client_id", "nobody"),
        ("redirect_uri", "http://127.0.0.1:7777/callback/"),
        ("redirect_uri", "http://127.0.0.1:7778/callback"),
        ("redirect_uri", "https://elsewhere.example/callback"),
    ] {
        let mut asked = Town::ask(&client, &challenge, "orders");
        asked.insert(name, wrong);
        let response = town.authorize(&asked).await;
        assert_eq!(response.status(), 400, "{name}={wrong}");
        assert!(!response.headers().contains_key(header::LOCATION));
    }
    for (name, wrong, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("scope", "admin", "invalid_scope"),
        ("resource", "https://elsewhere.example/mcp", "invalid_target"),
        ("resource", "", "invalid_target"),
    ] {
        let mut asked = Town::ask(&client, &challenge, "orders");
        asked.insert(name, wrong);
        let back = town.sent_back(&asked).await;
        assert_eq!(back["error"], error, "{name}={wrong}");
        assert!(!back.contains_key("code"));
    }
}

#[tokio::test]
async fn only_clients_on_this_machine_can_register() {
    let town = Town::build().await;
    for (client, error) in [
        (json!({"redirect_uris": ["https://elsewhere.example/"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["http://127.0.0.1.example/"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["javascript:alert(1)"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["http://127.0.0.1:1/#a"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (json!({"redirect_uris": vec![REDIRECT; 9]}), "invalid_redirect_uri"),
        (
            json!({"redirect_uris": [REDIRECT], "grant_types": ["password"]}),
            "invalid_client_metadata",
        ),
        (json!([]), "invalid_client_metadata"),
    ] {
        let (status, refused) = town.register(&client).await;
        assert_eq!((status, &refused["error"]), (400, &json!(error)), "{client}");
    }
}

#[tokio::test]
async fn a_refresh_token_is_used_once_and_for_no_more_than_the_person_may_still_do() {
    let town = Town::build().await;
    let (client, challenge) = (town.client().await, challenge());
    let asked = Town::ask(&client, &challenge, "orders refunds offline_access");
    let back = town.sent_back(&asked).await;
    let (_, issued) = town.token(&Town::exchange(&client, &back["code"])).await;
    let refresh = issued["refresh_token"].as_str().expect("a refresh token").to_owned();

    let request = town.http.put(format!("{}/admin/scopes", town.url)).bearer_auth(ADMIN);
    let told = request.json(&["orders"]).send().await.expect("an answer");
    assert_eq!(told.status(), 204);
    let form = BTreeMap::from([
        ("grant_type", "refresh_token"),
        ("client_id", client.as_str()),
        ("refresh_token", refresh.as_str()),
    ]);
    let (_, issued) = town.token(&form).await;
    assert_eq!(issued["scope"], "offline_access orders", "{issued}");
    let (_, again) = town.token(&form).await;
    assert_eq!(again["error"], "invalid_grant");
}

#[tokio::test]
async fn a_client_for_itself_shows_its_secret() {
    let town = Town::build().await;
    let (_, client) = town.register(&json!({"grant_types": ["client_credentials"]})).await;
    let (id, secret) = (client["client_id"].as_str(), client["client_secret"].as_str());
    let (id, secret) = (id.expect("an identifier"), secret.expect("a secret"));
    let form = BTreeMap::from([
        ("grant_type", "client_credentials"),
        ("scope", "refunds admin"),
        ("resource", RESOURCE),
    ]);
    let ask = |secret: Option<&str>| {
        let request = town.http.post(format!("{}/token", town.url)).form(&form);
        request.basic_auth(id, secret).send()
    };
    let (status, issued) = json_of(ask(Some(secret)).await.expect("an answer")).await;
    assert_eq!((status, &issued["scope"]), (200, &json!("refunds")));
    assert_eq!(claims(issued["access_token"].as_str().expect("a token")).1["sub"], id);
    for wrong in [None, Some("made-up")] {
        let (status, refused) = json_of(ask(wrong).await.expect("an answer")).await;
        assert_eq!((status, &refused["error"]), (401, &json!("invalid_client")));
    }
}

#[tokio::test]
async fn an_opaque_token_is_explained_to_servers_alone() {
    let town = Town::build_with(Some("the-servers-secret")).await;
    let client = town.client().await;
    let back = town.sent_back(&Town::ask(&client, &challenge(), "orders")).await;
    let (_, issued) = town.token(&Town::exchange(&client, &back["code"])).await;
    let token = issued["access_token"].as_str().expect("a token");
    assert!(!token.contains('.'), "it says nothing by itself");
    let explain = async |id: &str, secret: &str, token: &str| {
        let request =
            town.http.post(format!("{}/introspect", town.url)).basic_auth(id, Some(secret));
        json_of(request.form(&[("token", token)]).send().await.expect("an answer")).await
    };
    let (_, known) = explain("refunds", "the-servers-secret", token).await;
    assert_eq!((&known["active"], &known["sub"]), (&json!(true), &json!("ann")), "{known}");
    assert_eq!((&known["aud"], &known["scope"]), (&json!(RESOURCE), &json!("orders")));
    let (_, unknown) = explain("refunds", "the-servers-secret", "made-up").await;
    assert_eq!(unknown, json!({"active": false}));
    for (id, secret) in [("refunds", "made-up"), (client.as_str(), "the-servers-secret")] {
        assert_eq!(explain(id, secret, token).await.0, 401);
    }
}

#[tokio::test]
async fn keys_turn_over_one_at_a_time() {
    let town = Town::build().await;
    let control = Control::new(&town.url, ADMIN).expect("a client");
    let keys = async || {
        let keys = town.get("/jwks.json").await["keys"].as_array().expect("keys").clone();
        keys.into_iter().map(|key| key["kid"].clone()).collect::<Vec<_>>()
    };
    let scopes = ["orders".to_owned()].into();
    let wanted = Wanted { kind: Kind::Valid, resource: RESOURCE.into(), scopes, subject: None };
    let signs = async || {
        let token = control.token(&wanted).await.expect("a token");
        claims(&token).0["kid"].clone()
    };
    let (first, before) = (signs().await, keys().await);
    assert_eq!((before.len(), &before[1]), (2, &first));
    control.rotate().await.expect("an issuer");
    let second = signs().await;
    assert_eq!(second, before[0], "it was published before it signed");
    assert_eq!(keys().await[1..], [second.clone(), first.clone()]);
    control.rotate().await.expect("an issuer");
    assert_eq!(keys().await[2], second, "and the first is gone");
}

#[tokio::test]
async fn strangers_cannot_have_tokens_made() {
    let town = Town::build().await;
    let scopes = ["refunds".to_owned()].into();
    let wanted = Wanted { kind: Kind::Valid, resource: RESOURCE.into(), scopes, subject: None };
    let ask = async |admin| Control::new(&town.url, admin).expect("a client").token(&wanted).await;
    assert!(ask("made-up").await.is_err());
    let made = ask(ADMIN).await.expect("a token");
    assert_eq!(claims(&made).1["scope"], "refunds");
}

#[tokio::test]
async fn a_name_that_was_bound_to_this_machine_is_not_answered() {
    let town = Town::build().await;
    let request = town.http.get(format!("{}/jwks.json", town.url));
    let answer = request.header("Host", "elsewhere.example").send().await.expect("an answer");
    assert_eq!(answer.status(), 421);
}

#[tokio::test]
async fn it_does_not_listen_for_others() {
    let user = User { subject: "ann".into(), tenant: None, scopes: [].into() };
    assert!(Issuer::open((Ipv4Addr::UNSPECIFIED, 0).into(), user, None, None).await.is_err());
}
