//! An agent that gets around its key: by another one, or by many.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{ORDER, Play, refund};
use crate::{
    demo::{
        Result,
        expect::Expect,
        stage::{NIGHT, SUPPORT},
        told::Told,
    },
    payments::{DELIVERY_FEE_CENTS, Mode},
};

pub(super) async fn a_new_key_for_the_same_purpose(play: &mut Play<'_>) -> Result<()> {
    const TOOL: &str = "refund_delivery";
    play.board.act("A new key for the same purpose");
    let agent = play.connect_impatient().await?;
    let call = delivery("delivery-0001", ORDER);
    let again = Expect::try_again("transient", "payments_no_answer").but_pays(DELIVERY_FEE_CENTS);
    let tried = (TOOL, "refunds a delivery; the service says nothing");
    play.call_under(Mode::HangAfter, &agent, tried, &call, &again).await?;
    let tried = "sends it again; the service knows the key";
    let first = play.call(&agent, TOOL, tried, &call, &Expect::done()).await?;

    let call = delivery("delivery-0002", ORDER);
    let same = Expect::replay_of(&first);
    play.call(&agent, TOOL, "forgets that, and makes a new key", &call, &same).await?;
    let call = delivery("delivery-0003", "ord_8822");
    let other = Expect::pays(DELIVERY_FEE_CENTS);
    play.call(&agent, TOOL, "refunds the delivery of another order", &call, &other).await?;
    agent.leave().await?;

    let colleague = play.connect(&NIGHT).await?;
    let call = delivery("delivery-0004", ORDER);
    let done = Expect::refused("idempotent", "already_done");
    play.call(&colleague, TOOL, "a colleague refunds the first one too", &call, &done).await?;
    colleague.leave().await
}

fn delivery(key: &str, order_id: &str) -> Value {
    json!({"order_id": order_id, "idempotency_key": key})
}

pub(super) async fn an_amount_in_parts(play: &mut Play<'_>) -> Result<()> {
    const PARTS: usize = 6;
    const PART: u64 = 30_000;
    play.board.act("An amount in parts, to get past the limit");
    let agents = [play.connect(&NIGHT).await?, play.connect(&NIGHT).await?].map(Arc::new);
    let limit = Expect::refused("authz", "limit_exceeded");
    let whole = refund("parts-0000", PART * PARTS as u64);
    play.refund(&agents[0], "asks for 1800.00", &whole, &limit).await?;

    play.board.tries("splits it: six times 300.00 at once, on two servers");
    let mut calls = JoinSet::new();
    for (part, agent) in (1..=PARTS).zip(agents.iter().cycle()) {
        let (agent, call) = (Arc::clone(agent), refund(&format!("parts-000{part}"), PART));
        calls.spawn(async move {
            agent.call("create_refund", &call).await.map_err(|error| error.to_string())
        });
    }
    let answers: Vec<_> = calls.join_all().await.into_iter().collect::<Result<_, _>>()?;
    play.told(&Told::parts(&answers), &Expect::parts(3, PART, 3))?;

    let beyond = Expect::refused("authz", "budget_exceeded");
    let call = refund("parts-0007", 10_001);
    play.refund(&agents[1], "asks for 100.01 more", &call, &beyond).await?;
    let call = refund("parts-0008", 10_000);
    let tried = "asks for the 100.00 that are left of 1000.00 a day";
    let last = play.refund(&agents[1], tried, &call, &Expect::pays(10_000)).await?;
    let again = Expect::replay_of(&last);
    play.refund(&agents[0], "sends that again, to the other server", &call, &again).await?;
    let call = refund("parts-0009", 1);
    play.refund(&agents[0], "asks for one more cent", &call, &beyond).await?;

    // It is the caller that has a budget.
    let support = play.connect(&SUPPORT).await?;
    let call = refund("parts-0010", 1);
    play.refund(&support, "a colleague refunds a cent", &call, &Expect::pays(1)).await?;
    support.leave().await
}
