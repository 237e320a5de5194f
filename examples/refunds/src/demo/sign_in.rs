//! How a client gets a token: it is told by the server where, and asks there for what it needs. As MCP
//! clients do it, in as few lines as that takes.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Client, Url, header, redirect::Policy};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Result;
use crate::settings;

/// Where the person's browser would bring the code. Nobody listens there: it is read on the way.
const BACK: &str = "http://127.0.0.1:9/callback";

/// A client that has registered with the issuer of a server.
pub(super) struct SignIn {
    http: Client,
    issuer: Value,
    client: String,
    resource: String,
}

impl SignIn {
    /// Finds out who issues tokens for the server at this URL, and registers there.
    pub(super) async fn discover(server: &str) -> Result<Self> {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build()?;
        let refused = http.post(server).send().await?;
        let challenge = refused.headers().get(header::WWW_AUTHENTICATE).ok_or("no challenge")?;
        let place = parameter(challenge.to_str()?, "resource_metadata").ok_or("no metadata")?;
        let metadata: Value = http.get(place).send().await?.json().await?;
        let issuer = text(&metadata["authorization_servers"][0])?;
        let place = format!("{issuer}/.well-known/oauth-authorization-server");
        let issuer: Value = http.get(place).send().await?.json().await?;
        let asked = json!({"redirect_uris": [BACK], "token_endpoint_auth_method": "none"});
        let register = http.post(text(&issuer["registration_endpoint"])?).json(&asked);
        let client: Value = register.send().await?.json().await?;
        let (client, resource) = (text(&client["client_id"])?, text(&metadata["resource"])?);
        Ok(Self { http, issuer, client, resource })
    }

    /// A token with these scopes, if the person agrees.
    pub(super) async fn token(&self, scopes: &str) -> Result<String> {
        let verifier = format!("{}{}", settings::new_token()?, settings::new_token()?);
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let asked = Url::parse_with_params(
            &text(&self.issuer["authorization_endpoint"])?,
            [
                ("response_type", "code"),
                ("client_id", &self.client),
                ("redirect_uri", BACK),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
                ("scope", scopes),
                ("resource", &self.resource),
            ],
        )?;
        let sent_back = self.http.get(asked).send().await?;
        let back =
            sent_back.headers().get(header::LOCATION).ok_or("the person was not sent back")?;
        let back = Url::parse(back.to_str()?)?;
        let code = back.query_pairs().find(|(name, _)| name == "code").ok_or("no code")?.1;
        let exchange = self.http.post(text(&self.issuer["token_endpoint"])?).form(&[
            ("grant_type", "authorization_code"),
            ("client_id", &self.client),
            ("code", &code),
            ("code_verifier", &verifier),
            ("redirect_uri", BACK),
            ("resource", &self.resource),
        ]);
        let issued: Value = exchange.send().await?.error_for_status()?.json().await?;
        text(&issued["access_token"])
    }

    /// The server, as its tokens name it.
    pub(super) fn resource(&self) -> &str {
        &self.resource
    }
}

/// The value of a parameter of a challenge.
pub(super) fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = challenge.split_once(&format!("{name}=\""))?;
    Some(value.split_once('"')?.0)
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().ok_or("a document without what it must have")?.to_owned())
}
