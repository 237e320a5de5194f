//! What a person is for.

use serde_json::{Value, json};

use super::{ORDER, Play};
use crate::{
    demo::{Result, expect::Expect, told::Told},
    payments::Mode,
};

const TOOL: &str = "return_deposit";

pub(super) async fn what_only_a_person_finds_out(play: &mut Play<'_>) -> Result<()> {
    play.board.act("Nobody knows, until a person finds out");
    let agent = play.connect_impatient().await?;
    let unknown = || Expect::refused("unknown", "payments_no_answer");
    let (made, lost) = (deposit("deposit-0001", 4000), deposit("deposit-0002", 5000));
    let tried = (TOOL, "returns a deposit of 40.00; the service says nothing");
    play.call_under(Mode::HangAfter, &agent, tried, &made, &unknown().but_pays(4000)).await?;
    let tried = (TOOL, "returns 50.00 more; the line breaks, nothing is paid");
    play.call_under(Mode::DropBefore, &agent, tried, &lost, &unknown()).await?;

    let still = Expect::refused("unknown", "outcome_unknown");
    play.call(&agent, TOOL, "sends the first again", &made, &still).await?;
    let asked = (TOOL, "deposit-0001");
    play.ask(&agent, asked, "asks what became of it", &Expect::standing("unknown")).await?;
    resolve_all(play).await?;

    play.ask(&agent, asked, "asks again", &Expect::standing("done")).await?;
    let recorded = Expect::recorded(4000);
    play.call(&agent, TOOL, "sends the first again", &made, &recorded).await?;
    play.call(&agent, TOOL, "sends the other again", &lost, &Expect::pays(5000)).await?;
    agent.leave().await
}

fn deposit(key: &str, cents: u64) -> Value {
    json!({"order_id": ORDER, "amount_cents": cents, "idempotency_key": key})
}

/// A person lists what is unknown, looks each up at the payments service, and says what became of it.
/// One of them is a refund that the guard looked up in vain.
async fn resolve_all(play: &mut Play<'_>) -> Result<()> {
    play.board.tries("a person lists what is unknown");
    let listed = play.stage.operations(&["list"]).await?;
    let listed = listed.as_array().ok_or("a list that is none")?;
    play.told(&Told::Said(format!("{} unknown", listed.len())), &Expect::said("3 unknown"))?;

    for operation in listed {
        let word = |name: &str| operation[name].as_str().ok_or("an operation that is none");
        let (id, tool) = (word("id")?, word("tool")?);
        let found = play.stage.paid_under(word("downstream_key")?)?;
        let result = found.map(|refund| serde_json::to_string(&refund)).transpose()?;
        let (finding, tried) = match &result {
            Some(result) => (&["--done", "--result", result][..], "finds it paid"),
            None => (&["--not-done"][..], "finds it was never paid"),
        };
        play.board.tries(&format!("looks up a {tool}, {tried}"));
        let resolve = [&["resolve", id, "--by", "maria"], finding].concat();
        let resolved = play.stage.operations(&resolve).await?;
        let status = resolved["status"].as_str().unwrap_or_default();
        let expected = if result.is_some() { "done" } else { "not_done" };
        play.told(
            &Told::Said(format!("resolved: {status}")),
            &Expect::said(format!("resolved: {expected}")),
        )?;
    }
    Ok(())
}
