//! What the agent tries, act by act.

use serde_json::{Value, json};
use tokio::{
    process::Command,
    task::JoinSet,
    time::{Duration, sleep},
};

use super::{
    Result,
    agent::Agent,
    board::Board,
    expect::Expect,
    raw::RawAgent,
    stage::{SUPPORT, Stage, TRAINEE},
    told::Told,
};
use crate::{
    payments::{Fault, Mode},
    settings,
};

const ORDER: &str = "ord_8823";

/// Plays every act.
pub(super) async fn play(stage: &mut Stage, board: &mut Board) -> Result<()> {
    let first = an_ordinary_day(stage, board).await?;
    arguments_that_do_not_fit(stage, board).await?;
    no_permission(stage, board).await?;
    a_lost_answer(stage, board).await?;
    a_backend_that_is_down(stage, board).await?;
    a_backend_that_does_not_answer(stage, board).await?;
    a_server_that_dies_in_between(stage, board).await?;
    many_at_once(stage, board).await?;
    over_http(stage, board, &first).await
}

async fn an_ordinary_day(stage: &Stage, board: &mut Board) -> Result<Told> {
    board.act("An ordinary day");
    let agent = connect(stage, &SUPPORT).await?;

    board.tries("looks the order up");
    let told = agent.call("get_order", &json!({"order_id": ORDER})).await?;
    board.told(&told, &Expect::done(), stage.totals()?);

    let call = refund("refund-0001", 2500);
    board.tries("refunds 25.00");
    let first = agent.call("create_refund", &call).await?;
    board.told(&first, &Expect::pays(2500), stage.totals()?);

    board.tries("sends it again, with the same key");
    let told = agent.call("create_refund", &call).await?;
    board.told(&told, &Expect::replay_of(&first), stage.totals()?);

    board.tries("uses the key again for another amount");
    let told = agent.call("create_refund", &refund("refund-0001", 2600)).await?;
    let conflict = Expect::refused("idempotent", "key_conflict").hides("2600");
    board.told(&told, &conflict, stage.totals()?);

    board.tries("refunds an order that does not exist");
    let mut call = refund("refund-0002", 100);
    call["order_id"] = json!("ord_0000");
    let told = agent.call("create_refund", &call).await?;
    board.told(&told, &Expect::refused("rejected", "order_not_found"), stage.totals()?);

    board.tries("refunds more than was paid");
    let mut call = refund("refund-0003", 4551);
    call["order_id"] = json!("ord_8822");
    let told = agent.call("create_refund", &call).await?;
    let above = Expect::refused("rejected", "amount_above_remaining").hides("4551");
    board.told(&told, &above, stage.totals()?);
    agent.leave().await?;
    Ok(first)
}

async fn arguments_that_do_not_fit(stage: &Stage, board: &mut Board) -> Result<()> {
    board.act("Arguments that do not fit");
    let agent = connect(stage, &SUPPORT).await?;
    let with = |name: &str, value: Value| {
        let mut call = refund("refund-0100", 100);
        call[name] = value;
        call
    };
    let without = |name: &str| {
        let mut call = refund("refund-0100", 100);
        call.as_object_mut().map(|members| members.remove(name));
        call
    };
    for (tried, call, expect) in [
        (
            "asks for 600.00, above its limit",
            with("amount_cents", json!(60000)),
            Expect::refused("authz", "limit_exceeded").hides("60000"),
        ),
        ("sends a number as text", with("amount_cents", json!("31337")), invalid().hides("31337")),
        ("sends a fraction", with("amount_cents", json!(313.37)), invalid().hides("313.37")),
        ("sends a negative amount", with("amount_cents", json!(-31337)), invalid().hides("31337")),
        ("makes up a reason", with("reason", json!("because")), invalid().hides("because")),
        ("invents an argument", with("approved_by", json!("the boss")), {
            Expect::refused("validation", "unknown_argument").hides("boss")
        }),
        ("makes the key up as a number", with("idempotency_key", json!(31337)), {
            Expect::refused("validation", "key_malformed").hides("31337")
        }),
        ("leaves the key out", without("idempotency_key"), {
            Expect::refused("validation", "key_missing")
        }),
    ] {
        board.tries(tried);
        let told = agent.call("create_refund", &call).await?;
        board.told(&told, &expect, stage.totals()?);
    }
    agent.leave().await?;

    board.tries("says the amount twice: 5, then 60000");
    let mut raw = RawAgent::connect(stage.server(&SUPPORT)?).await?;
    let twice = format!(
        r#"{{"order_id":"{ORDER}","amount_cents":5,"am\u006funt_cents":60000,"reason":"late","idempotency_key":"refund-0101"}}"#
    );
    raw.send("create_refund", &twice).await?;
    let told = raw.hear().await?;
    let twice = Expect::malformed("validation", "repeated_key").hides("60000");
    board.told(&told, &twice, stage.totals()?);
    Ok(())
}

async fn no_permission(stage: &Stage, board: &mut Board) -> Result<()> {
    board.act("An agent that may only read");
    let agent = connect(stage, &TRAINEE).await?;

    board.tries("looks the order up");
    let told = agent.call("get_order", &json!({"order_id": ORDER})).await?;
    board.told(&told, &Expect::done(), stage.totals()?);

    board.tries("refunds 1.00");
    let told = agent.call("create_refund", &refund("refund-0200", 100)).await?;
    let denied = Expect::refused("authz", "insufficient_scope");
    board.told(&told, &denied, stage.totals()?);

    board.tries("probes with arguments that do not fit");
    let told = agent.call("create_refund", &json!({"amount_cents": "31337"})).await?;
    board.told(&told, &denied, stage.totals()?);
    agent.leave().await
}

async fn a_lost_answer(stage: &Stage, board: &mut Board) -> Result<()> {
    board.act("The answer is lost on its way");
    let call = refund("refund-0300", 1000);
    let mut raw = RawAgent::connect(stage.server(&SUPPORT)?).await?;
    board.tries("refunds 10.00; the line breaks, the server is killed");
    raw.send("create_refund", &call.to_string()).await?;
    // The wire heard it, the agent does not.
    let lost = raw.hear().await?;
    raw.kill_server().await?;
    let told = raw.hear().await?;
    board.told(&told, &Expect::nothing().but_pays(1000), stage.totals()?);

    board.tries("connects to a new server and sends it again");
    let agent = connect(stage, &SUPPORT).await?;
    let told = agent.call("create_refund", &call).await?;
    board.told(&told, &Expect::replay_of(&lost), stage.totals()?);
    agent.leave().await
}

async fn a_backend_that_is_down(stage: &mut Stage, board: &mut Board) -> Result<()> {
    board.act("The payments service is down");
    let agent = connect(stage, &SUPPORT).await?;
    let call = refund("refund-0400", 1500);

    board.tries("refunds 15.00");
    stage.kill_payments().await?;
    let told = agent.call("create_refund", &call).await?;
    let unreachable = Expect::try_again("transient", "payments_unreachable");
    board.told(&told, &unreachable, stage.totals()?);

    board.tries("sends it again; the service is up, and overloaded");
    stage.restart_payments().await?;
    stage.admin.arm(Fault::next(Mode::FailBefore)).await?;
    let told = agent.call("create_refund", &call).await?;
    let unavailable = Expect::try_again("transient", "payments_unavailable");
    board.told(&told, &unavailable, stage.totals()?);

    board.tries("sends it again; all is well");
    let told = agent.call("create_refund", &call).await?;
    board.told(&told, &Expect::pays(1500), stage.totals()?);
    agent.leave().await
}

async fn a_backend_that_does_not_answer(stage: &Stage, board: &mut Board) -> Result<()> {
    board.act("The payments service acts and does not answer");
    let mut command = stage.server(&SUPPORT)?;
    command.env("REFUNDS_PAYMENTS_TIMEOUT_MS", "1500");
    let agent = Agent::over_stdio(command, stage.server_log()?).await?;
    for (mode, cents, code, tried) in [
        (Mode::HangAfter, 2000, "payments_no_answer", "refunds 20.00; the service says nothing"),
        (Mode::DropAfter, 2100, "payments_no_answer", "refunds 21.00; the service hangs up"),
        (Mode::FailAfter, 2200, "payments_failed", "refunds 22.00; the service says 500"),
    ] {
        board.tries(tried);
        let call = refund(&format!("refund-05-{cents}"), cents);
        stage.admin.arm(Fault::next(mode)).await?;
        let told = agent.call("create_refund", &call).await?;
        stage.admin.played().await?;
        let unknown = Expect::refused("unknown", code).but_pays(cents);
        board.told(&told, &unknown, stage.totals()?);

        board.tries("sends it again");
        let told = agent.call("create_refund", &call).await?;
        let still = Expect::refused("unknown", "outcome_unknown");
        board.told(&told, &still, stage.totals()?);
    }
    agent.leave().await
}

async fn a_server_that_dies_in_between(stage: &Stage, board: &mut Board) -> Result<()> {
    board.act("The MCP server is killed between effect and record");
    let call = refund("refund-0600", 3000);
    let server = || -> Result<Command> {
        let mut command = stage.server(&SUPPORT)?;
        command.env("REFUNDS_LEASE_MS", "3000");
        Ok(command)
    };
    board.tries("refunds 30.00; the server dies");
    stage.admin.arm(Fault::next(Mode::HangAfter)).await?;
    let mut raw = RawAgent::connect(server()?).await?;
    raw.send("create_refund", &call.to_string()).await?;
    stage.admin.played().await?;
    raw.kill_server().await?;
    let told = raw.hear().await?;
    board.told(&told, &Expect::nothing().but_pays(3000), stage.totals()?);

    board.tries("sends it again at once, to a new server");
    let agent = Agent::over_stdio(server()?, stage.server_log()?).await?;
    let told = agent.call("create_refund", &call).await?;
    board.told(&told, &Expect::try_again("idempotent", "in_flight"), stage.totals()?);

    board.tries("waits as it is told, and sends it again");
    let told = until_settled(&agent, &call).await?;
    board.told(&told, &Expect::refused("unknown", "outcome_unknown"), stage.totals()?);
    agent.leave().await
}

/// Repeats a call for as long as it is told to.
async fn until_settled(agent: &Agent, call: &Value) -> Result<Told> {
    loop {
        match agent.call("create_refund", call).await? {
            Told::Failed { retryable: true, retry_after_ms, .. } => {
                sleep(Duration::from_millis(retry_after_ms)).await;
            }
            settled => return Ok(settled),
        }
    }
}

async fn many_at_once(stage: &Stage, board: &mut Board) -> Result<()> {
    const EACH: usize = 20;
    board.act("Two servers, one store");
    let call = refund("refund-0700", 700);
    let mut crowd = JoinSet::new();
    board.tries("refunds 7.00 forty times at once, with one key");
    for _ in 0..2 {
        let agent = std::sync::Arc::new(connect(stage, &SUPPORT).await?);
        for _ in 0..EACH {
            let (agent, call) = (agent.clone(), call.clone());
            crowd.spawn(async move {
                agent.call("create_refund", &call).await.map_err(|error| error.to_string())
            });
        }
    }
    let answers: Vec<_> = crowd.join_all().await.into_iter().collect::<Result<_, String>>()?;
    let told = Told::crowd(&answers);
    board.told(&told, &Expect::crowd(2 * EACH).but_pays(700), stage.totals()?);
    Ok(())
}

async fn over_http(stage: &Stage, board: &mut Board, first: &Told) -> Result<()> {
    board.act("Over HTTP");
    let token = settings::new_token()?;
    let (_server, url) = stage.http_server(&SUPPORT, &token).await?;

    board.tries("comes with a token that it made up");
    let told = match Agent::over_http(&url, "let-me-in").await? {
        None => Told::Unauthorized,
        Some(agent) => agent.call("get_order", &json!({"order_id": ORDER})).await?,
    };
    board.told(&told, &Expect::unauthorized(), stage.totals()?);

    let agent = Agent::over_http(&url, &token).await?.ok_or("the token was not accepted")?;
    board.tries("sends the very first refund again");
    let told = agent.call("create_refund", &refund("refund-0001", 2500)).await?;
    board.told(&told, &Expect::replay_of(first), stage.totals()?);

    board.tries("refunds 8.00");
    let told = agent.call("create_refund", &refund("refund-0800", 800)).await?;
    board.told(&told, &Expect::pays(800), stage.totals()?);
    agent.leave().await
}

async fn connect(stage: &Stage, who: &super::stage::Identity) -> Result<Agent> {
    Agent::over_stdio(stage.server(who)?, stage.server_log()?).await
}

fn refund(key: &str, cents: u64) -> Value {
    json!({
        "order_id": ORDER,
        "amount_cents": cents,
        "reason": "late",
        "idempotency_key": key,
    })
}

fn invalid() -> Expect {
    Expect::refused("validation", "invalid_argument")
}
