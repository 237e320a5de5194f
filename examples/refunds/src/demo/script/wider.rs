//! More than one process, and more than one transport.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Play, issued::refused, refund};
use crate::{
    demo::{Result, agent::Agent, expect::Expect, stage::SUPPORT, told::Told},
    settings,
};

pub(super) async fn many_at_once(play: &mut Play<'_>) -> Result<()> {
    const EACH: usize = 20;
    play.board.act("Two servers, one store");
    play.board.tries("refunds 7.00 forty times at once, with one key");
    let call = refund("refund-0700", 700);
    let mut calls = JoinSet::new();
    for agent in [play.connect(&SUPPORT).await?, play.connect(&SUPPORT).await?].map(Arc::new) {
        for _ in 0..EACH {
            let (agent, call) = (Arc::clone(&agent), call.clone());
            calls.spawn(async move {
                agent.call("create_refund", &call).await.map_err(|error| error.to_string())
            });
        }
    }
    let answers: Vec<_> = calls.join_all().await.into_iter().collect::<Result<_, _>>()?;
    play.told(&Told::crowd(&answers), &Expect::crowd(2 * EACH).but_pays(700))
}

/// `first` is what the first refund over stdio was answered.
pub(super) async fn over_http(play: &mut Play<'_>, first: &Told) -> Result<()> {
    play.board.act("Over HTTP");
    let token = settings::new_token()?;
    let (_server, url) = play.stage.http_server(&SUPPORT, &token).await?;

    let invalid = Expect::challenged(Some("invalid_token"), None);
    let tried = "comes with a token that it made up";
    refused(play, tried, &url, Some("let-me-in"), &invalid).await?;

    let agent = Agent::over_http(&url, Some(&token)).await?.map_err(|_| "the token was refused")?;
    let again = Expect::replay_of(first);
    let call = refund("refund-0001", 2500);
    play.refund(&agent, "sends the very first refund again", &call, &again).await?;
    let call = refund("refund-0800", 800);
    play.refund(&agent, "refunds 8.00", &call, &Expect::pays(800)).await?;
    agent.leave().await
}
