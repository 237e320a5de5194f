//! What breaks, and when.

use std::time::Duration;

use tokio::{
    process::Command,
    time::{sleep, timeout},
};

use super::{Play, refund};
use crate::{
    demo::{Result, agent::Agent, expect::Expect, raw::RawAgent, stage::SUPPORT, told::Told},
    payments::{Fault, Mode},
};

/// How long the agent waits for a claim of [`short_lease`] to run out and to be looked into.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn a_lost_answer(play: &mut Play<'_>) -> Result<()> {
    play.board.act("The answer is lost on its way");
    let call = refund("refund-0300", 1000);
    play.board.tries("refunds 10.00; the line breaks, the server is killed");
    let mut raw = RawAgent::connect(play.stage.server(&SUPPORT)?).await?;
    raw.send("create_refund", &call.to_string()).await?;
    // The line carried it. The agent never sees it.
    let lost = raw.hear().await?;
    raw.kill_server().await?;
    let told = raw.hear().await?;
    play.told(&told, &Expect::nothing().but_pays(1000))?;

    let agent = play.connect(&SUPPORT).await?;
    let again = Expect::replay_of(&lost);
    play.refund(&agent, "connects to a new server and sends it again", &call, &again).await?;
    agent.leave().await
}

pub(super) async fn a_backend_that_is_down(play: &mut Play<'_>) -> Result<()> {
    play.board.act("The payments service is down");
    let agent = play.connect(&SUPPORT).await?;
    let call = refund("refund-0400", 1500);

    play.stage.kill_payments().await?;
    let unreachable = Expect::try_again("transient", "payments_unreachable");
    play.refund(&agent, "refunds 15.00", &call, &unreachable).await?;

    play.stage.restart_payments().await?;
    play.stage.admin.arm(Fault::next(Mode::FailBefore)).await?;
    let unavailable = Expect::try_again("transient", "payments_unavailable");
    let tried = "sends it again; the service is up, and overloaded";
    play.refund(&agent, tried, &call, &unavailable).await?;

    play.refund(&agent, "sends it again; all is well", &call, &Expect::pays(1500)).await?;
    agent.leave().await
}

pub(super) async fn a_backend_that_does_not_answer(play: &mut Play<'_>) -> Result<()> {
    play.board.act("The payments service acts and does not answer, so the guard looks it up");
    let agent = play.connect_impatient().await?;
    for (mode, cents, code, tried) in [
        (Mode::HangAfter, 2000, "payments_no_answer", "refunds 20.00; the service says nothing"),
        (Mode::DropAfter, 2100, "payments_no_answer", "refunds 21.00; the service hangs up"),
        (Mode::FailAfter, 2200, "payments_failed", "refunds 22.00; the service says 500"),
    ] {
        let call = refund(&format!("refund-05-{cents}"), cents);
        let unknown = Expect::refused("unknown", code).but_pays(cents);
        play.call_under(mode, &agent, ("create_refund", tried), &call, &unknown).await?;
        let found = Expect::recorded(cents);
        play.refund(&agent, "sends it again", &call, &found).await?;
    }

    let call = refund("refund-0590", 2300);
    let unknown = Expect::refused("unknown", "payments_no_answer");
    let tried = ("create_refund", "refunds 23.00; the line breaks, nothing is paid");
    play.call_under(Mode::DropBefore, &agent, tried, &call, &unknown).await?;
    // It may only be slow. Paying now could pay twice.
    let still = Expect::refused("unknown", "outcome_unknown");
    play.refund(&agent, "sends it again", &call, &still).await?;
    agent.leave().await
}

pub(super) async fn a_server_that_dies_in_between(play: &mut Play<'_>) -> Result<()> {
    play.board.act("The MCP server is killed between effect and record; a new one finds out");
    let (tool, key) = ("create_refund", "refund-0600");
    let call = refund(key, 3000);
    play.board.tries("refunds 30.00; the server dies");
    play.stage.admin.arm(Fault::next(Mode::HangAfter)).await?;
    let mut raw = RawAgent::connect(short_lease(play)?).await?;
    raw.send(tool, &call.to_string()).await?;
    play.stage.admin.played().await?;
    raw.kill_server().await?;
    let told = raw.hear().await?;
    play.told(&told, &Expect::nothing().but_pays(3000))?;

    let agent = Agent::over_stdio(short_lease(play)?, play.stage.server_log()?).await?;
    let in_flight = Expect::try_again("idempotent", "in_flight");
    play.refund(&agent, "sends it again at once, to a new server", &call, &in_flight).await?;

    play.board.tries("asks what became of it, until that is known");
    let told = timeout(PATIENCE, until_known(&agent, (tool, key))).await??;
    play.told(&told, &Expect::standing("done"))?;
    play.refund(&agent, "sends it again", &call, &Expect::recorded(3000)).await?;
    agent.leave().await
}

/// A server whose claim runs out within the play's time, and which looks soon for what is unknown. A
/// person has more of it.
fn short_lease(play: &Play<'_>) -> Result<Command> {
    let mut server = play.stage.server(&SUPPORT)?;
    server.env("REFUNDS_LEASE_MS", "3000").env("REFUNDS_RECONCILE_MS", "250");
    Ok(server)
}

/// Asks for as long as the operation is under way, or not looked into yet.
async fn until_known(agent: &Agent, (tool, key): (&str, &str)) -> Result<Told> {
    loop {
        match agent.ask(tool, key).await? {
            Told::Standing(operation) if operation == "under_way" || operation == "unknown" => {
                sleep(Duration::from_millis(100)).await;
            }
            known => return Ok(known),
        }
    }
}
