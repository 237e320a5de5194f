//! What the agent may not, and what nobody can read.

use serde_json::{Value, json};

use super::{ORDER, Play, refund, with};
use crate::demo::{
    Result,
    expect::Expect,
    raw::RawAgent,
    stage::{SUPPORT, TRAINEE},
};

pub(super) async fn arguments_that_do_not_fit(play: &mut Play<'_>) -> Result<()> {
    play.board.act("Arguments that do not fit");
    let agent = play.connect(&SUPPORT).await?;
    for (tried, call, expect) in misfits() {
        play.refund(&agent, tried, &call, &expect).await?;
    }
    agent.leave().await?;

    // No client sends this: its own parser would drop one of the two.
    play.board.tries("says the amount twice: 5, then 60000");
    let twice = format!(
        r#"{{"order_id":"{ORDER}","amount_cents":5,"am\u006funt_cents":60000,"reason":"late","idempotency_key":"refund-0101"}}"#
    );
    let mut raw = RawAgent::connect(play.stage.server(&SUPPORT)?).await?;
    raw.send("create_refund", &twice).await?;
    let told = raw.hear().await?;
    play.told(&told, &Expect::malformed("validation", "repeated_key").hides("60000"))
}

fn misfits() -> Vec<(&'static str, Value, Expect)> {
    let sane = || refund("refund-0100", 100);
    let amount = |value: Value| with(sane(), "amount_cents", value);
    let invalid = |value| Expect::refused("validation", "invalid_argument").hides(value);
    let mut keyless = sane();
    keyless.as_object_mut().map(|arguments| arguments.remove("idempotency_key"));
    vec![
        (
            "asks for 600.00, above its limit",
            amount(json!(60000)),
            Expect::refused("authz", "limit_exceeded").hides("60000"),
        ),
        ("sends a number as text", amount(json!("31337")), invalid("31337")),
        ("sends a fraction", amount(json!(313.37)), invalid("313.37")),
        ("sends a negative amount", amount(json!(-31337)), invalid("31337")),
        ("makes up a reason", with(sane(), "reason", json!("because")), invalid("because")),
        (
            "invents an argument",
            with(sane(), "approved_by", json!("the boss")),
            Expect::refused("validation", "unknown_argument").hides("the boss"),
        ),
        (
            "sends a key that is a number",
            with(sane(), "idempotency_key", json!(31337)),
            Expect::refused("validation", "key_malformed").hides("31337"),
        ),
        ("leaves the key out", keyless, Expect::refused("validation", "key_missing")),
    ]
}

pub(super) async fn permissions_that_are_not_there(play: &mut Play<'_>) -> Result<()> {
    play.board.act("An agent that may only read");
    let agent = play.connect(&TRAINEE).await?;
    play.look(&agent, &Expect::done()).await?;
    let denied = Expect::refused("authz", "insufficient_scope");
    play.refund(&agent, "refunds 1.00", &refund("refund-0200", 100), &denied).await?;
    // The same answer: it learns nothing about what would have fitted.
    let probe = json!({"amount_cents": "31337"});
    play.refund(&agent, "probes with arguments that do not fit", &probe, &denied).await?;
    agent.leave().await
}
