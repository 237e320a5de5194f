//! Agents: capable, untrusted, and never short of a next idea.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{
    chance::Chance,
    intent::{Intent, Who},
    judge::Said,
    plan::Plan,
    tools::TOOLS,
    world::World,
};

/// Keys, orders and callers are few, so that they meet.
const COMMON_KEYS: u64 = 4;
const FRESH_KEYS: u64 = 10_000;
const ORDERS: u64 = 4;
/// The highest amount that is within the limits; agents try one more.
const HIGHEST: u64 = 9;

/// How an agent goes on.
#[derive(Debug, Clone, Copy)]
enum Next {
    /// The same call.
    Again,
    /// The same, under a new key.
    NewKey,
    /// Another amount, under the same key.
    OtherAmount,
    /// Less, under a new key.
    Split,
    /// The same, on somebody else's behalf.
    OtherCaller,
    /// The same, with a new token.
    OtherToken,
    /// Something else.
    Else,
}

/// Takes an agent's steps.
pub(super) async fn act(world: Arc<World>) {
    let mut intent = world.chance(|chance| something(chance, &world.plan));
    for _ in 0..world.plan.steps {
        let said = if world.chance(|chance| chance.happens(80)) {
            let other = world.chance(|chance| next(chance, &world.plan, intent, None));
            let (said, _) = tokio::join!(call(&world, intent), call(&world, other));
            said
        } else {
            call(&world, intent).await
        };
        intent = world.chance(|chance| next(chance, &world.plan, intent, said.as_ref()));
        pause(&world).await;
    }
}

/// Calls at any replica that is up.
async fn call(world: &Arc<World>, intent: Intent) -> Option<Said> {
    let place = world.chance(|chance| chance.place(world.replicas.len()));
    world.call(intent, place).await
}

async fn pause(world: &World) {
    let (first, last) = world.chance(|chance| match chance.below(20) {
        0..7 => (0, 0),
        7..13 => (1, 200),
        13..17 => (200, 3_000),
        17 | 18 => (1_000, 8_000),
        _ => (5_000, 40_000),
    });
    let millis = world.chance(|chance| chance.between(first, last));
    if millis > 0 {
        sleep(Duration::from_millis(millis)).await;
    }
}

/// A fresh idea.
fn something(chance: &mut Chance, plan: &Plan) -> Intent {
    let tool = TOOLS[chance.pick(&plan.tools)].0;
    let is_bold = chance.happens(100);
    let fresh = Intent {
        tool,
        who: Who { tenant: Some(0), subject: 0 },
        token: 0,
        key: 0,
        order: u8::try_from(chance.below(ORDERS)).unwrap_or_default(),
        amount: chance.between(1, HIGHEST + u64::from(is_bold)),
    };
    let fresh = with_new_key(chance, fresh);
    if chance.happens(350) { on_behalf_of_another(chance, fresh) } else { fresh }
}

fn with_new_key(chance: &mut Chance, intent: Intent) -> Intent {
    let key =
        if chance.happens(300) { chance.below(COMMON_KEYS) } else { chance.below(FRESH_KEYS) };
    Intent { key: u16::try_from(key).unwrap_or_default(), ..intent }
}

fn on_behalf_of_another(chance: &mut Chance, intent: Intent) -> Intent {
    let tenant = chance.pick(&[Some(0), Some(1), None]);
    let subject = u8::try_from(chance.below(2)).unwrap_or_default();
    Intent { who: Who { tenant, subject }, ..intent }
}

fn next(chance: &mut Chance, plan: &Plan, intent: Intent, said: Option<&Said>) -> Intent {
    use Next::{Again, Else, NewKey, OtherAmount, OtherCaller, OtherToken, Split};
    let ideas: &[Next] = match said {
        None => &[Again, Again, Again, Again, Again, NewKey, NewKey, OtherAmount, Else],
        Some(said) if said.is_retryable => {
            &[Again, Again, Again, Again, Again, NewKey, OtherToken, Else]
        }
        Some(said) if said.is_unknown() => &[Again, Again, NewKey, NewKey, OtherCaller, Else],
        Some(said) if said.is_over_budget() => &[Split, Split, Again, Else],
        Some(said) if said.is_done() => {
            &[Again, OtherToken, NewKey, OtherCaller, OtherAmount, Else, Else, Else, Else]
        }
        Some(_) => &[Again, NewKey, NewKey, Else, Else],
    };
    match chance.pick(ideas) {
        Again => intent,
        NewKey => with_new_key(chance, intent),
        OtherAmount => Intent { amount: chance.between(1, HIGHEST), ..intent },
        Split => with_new_key(chance, Intent { amount: intent.amount.div_ceil(2), ..intent }),
        OtherCaller => on_behalf_of_another(chance, intent),
        OtherToken => Intent { token: intent.token.wrapping_add(1), ..intent },
        Else => something(chance, plan),
    }
}
