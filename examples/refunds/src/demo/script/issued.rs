//! Tokens of an authorization server: found, got, stepped up, and refused.

use super::{ORDER, Play, refund};
use crate::{
    demo::{
        Result,
        agent::Agent,
        expect::Expect,
        sign_in::SignIn,
        stage::{IssuerProcess, SUPPORT},
    },
    issuer::{Kind, Wanted},
};

pub(super) async fn tokens_of_an_issuer(play: &mut Play<'_>) -> Result<()> {
    play.board.act("Tokens of an authorization server");
    let issuer = play.stage.issuer(&SUPPORT).await?;
    let (_server, url) = play.stage.issued_server(&issuer.url).await?;

    let nobody = Expect::challenged(None, Some("orders"));
    refused(play, "comes without a token", &url, None, &nobody).await?;
    let sign_in = SignIn::discover(&url).await?;
    let token = sign_in.token("orders").await?;
    let agent = Agent::over_http(&url, Some(&token)).await?.map_err(|_| "the token was refused")?;
    play.look(&agent, &Expect::done()).await?;
    let call = refund("refund-0900", 900);
    let too_little = Expect::challenged(Some("insufficient_scope"), Some("orders refunds"));
    play.refund(&agent, "refunds 9.00 with the same token", &call, &too_little).await?;

    let token = sign_in.token("orders refunds").await?;
    let agent = Agent::over_http(&url, Some(&token)).await?.map_err(|_| "the token was refused")?;
    let first = play
        .refund(&agent, "steps up to what it was told, and refunds it", &call, &Expect::pays(900))
        .await?;
    issuer.control.rotate().await?;
    let token = sign_in.token("orders refunds").await?;
    let agent = Agent::over_http(&url, Some(&token)).await?.map_err(|_| "the token was refused")?;
    let again = Expect::replay_of(&first);
    play.refund(&agent, "sends it again, after the issuer's keys turned over", &call, &again)
        .await?;
    what_must_not_pass(play, &issuer, &sign_in, &url).await
}

async fn what_must_not_pass(
    play: &mut Play<'_>,
    issuer: &IssuerProcess,
    sign_in: &SignIn,
    url: &str,
) -> Result<()> {
    for (kind, tried) in [
        (Kind::Expired, "comes with a token whose time is over"),
        (Kind::AnotherAudience, "comes with a token for another server"),
        (Kind::Forged, "signs a token itself, with the issuer's key id"),
    ] {
        let scopes = ["orders", "refunds"].map(str::to_owned).into();
        let resource = sign_in.resource().to_owned();
        let wanted = Wanted { kind, resource, scopes, subject: None };
        let token = issuer.control.token(&wanted).await?;
        let invalid = Expect::challenged(Some("invalid_token"), Some("orders"));
        refused(play, tried, url, Some(&token), &invalid).await?;
    }
    Ok(())
}

/// One try at the door.
pub(super) async fn refused(
    play: &mut Play<'_>,
    tried: &str,
    url: &str,
    token: Option<&str>,
    expect: &Expect,
) -> Result<()> {
    play.board.tries(tried);
    let told = match Agent::over_http(url, token).await? {
        Err(challenged) => challenged,
        Ok(agent) => agent.call("get_order", &serde_json::json!({"order_id": ORDER})).await?,
    };
    play.told(&told, expect)
}
