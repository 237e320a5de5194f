//! More than one process, and more than one transport.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use super::{ORDER, Play, refund};
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

    play.board.tries("comes with a token that it made up");
    let told = match Agent::over_http(&url, "let-me-in").await? {
        None => Told::Unauthorized,
        Some(agent) => agent.call("get_order", &json!({"order_id": ORDER})).await?,
    };
    play.told(&told, &Expect::unauthorized())?;

    let agent = Agent::over_http(&url, &token).await?.ok_or("the token was not accepted")?;
    let again = Expect::replay_of(first);
    let call = refund("refund-0001", 2500);
    play.refund(&agent, "sends the very first refund again", &call, &again).await?;
    let call = refund("refund-0800", 800);
    play.refund(&agent, "refunds 8.00", &call, &Expect::pays(800)).await?;
    agent.leave().await
}
