//! What happens every day.

use serde_json::json;

use super::{Play, refund, with};
use crate::demo::{Result, expect::Expect, stage::SUPPORT, told::Told};

/// Gives the answer to the first refund.
pub(super) async fn day(play: &mut Play<'_>) -> Result<Told> {
    play.board.act("An ordinary day");
    let agent = play.connect(&SUPPORT).await?;
    play.look(&agent, &Expect::done()).await?;

    let call = refund("refund-0001", 2500);
    let first = play.refund(&agent, "refunds 25.00", &call, &Expect::pays(2500)).await?;
    let again = Expect::replay_of(&first);
    play.refund(&agent, "sends it again, with the same key", &call, &again).await?;

    let other = refund("refund-0001", 2600);
    let conflict = Expect::refused("idempotent", "key_conflict").hides("2600");
    play.refund(&agent, "uses the key again for another amount", &other, &conflict).await?;

    let nowhere = with(refund("refund-0002", 100), "order_id", json!("ord_0000"));
    let unknown = Expect::refused("rejected", "order_not_found");
    play.refund(&agent, "refunds an order that does not exist", &nowhere, &unknown).await?;

    let too_much = with(refund("refund-0003", 4551), "order_id", json!("ord_8822"));
    let above = Expect::refused("rejected", "amount_above_remaining").hides("4551");
    play.refund(&agent, "refunds more than was paid", &too_much, &above).await?;
    agent.leave().await?;
    Ok(first)
}
