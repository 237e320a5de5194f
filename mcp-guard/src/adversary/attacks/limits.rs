//! More than may be asked for.

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use crate::adversary::{
    link::Role,
    play::{Play, text_with, told},
};

/// How many amounts one structuring asks for, beyond what its total has room for.
const BEYOND: i128 = 4;
/// The most calls of one structuring.
const MOST: usize = 64;

pub(super) async fn one_over(play: &mut Play<'_>) {
    ask(play, |_, max| (max + 1).to_string()).await;
}

pub(super) async fn far_over(play: &mut Play<'_>) {
    ask(play, |play, max| {
        let times = 2 + i128::from(play.chance.below(1 << 40));
        max.max(1).saturating_mul(times).to_string()
    })
    .await;
}

pub(super) async fn overflow(play: &mut Play<'_>) {
    ask(play, |play, max| {
        let bits = [15_u32, 16, 31, 32, 53, 63, 64];
        let end = 1_i128 << bits[play.chance.place(bits.len())];
        let past = end + i128::from(play.chance.below(1000)) - 1;
        // What wraps to a small number in that many bits, and is far above the maximum in none.
        match play.chance.below(8) {
            0 => "340282366920938463463374607431768211457".into(),
            1 => format!("{past}{:020}", 1),
            _ if past > max => past.to_string(),
            _ => "18446744073709551617".into(),
        }
    })
    .await;
}

pub(super) async fn exponent(play: &mut Play<'_>) {
    ask(play, |play, max| {
        let more = max.max(1) + 1;
        match play.chance.below(4) {
            0 => format!("{more}e{}", play.chance.below(30)),
            1 => format!("{more}0E-1"),
            2 => format!("{more}.0"),
            _ => "1e400".into(),
        }
    })
    .await;
}

/// Asks for more than the maximum, as it is written.
async fn ask(play: &mut Play<'_>, write: impl FnOnce(&mut Play<'_>, i128) -> String) {
    let limited = play.choose(|argument| argument.is_integer() && argument.maximum.is_some());
    let Some((argument, max)) = limited.and_then(|of| Some((of, of.maximum?))) else { return };
    let raw = write(play, max);
    must_refuse(play, &argument.name, &raw).await;
}

async fn must_refuse(play: &mut Play<'_>, argument: &str, raw: &str) {
    let text = text_with(&play.good(), argument, raw);
    let answer = play.call_text(Role::Agent, &text).await;
    play.must_be_refused(&answer);
}

pub(super) async fn negative(play: &mut Play<'_>) {
    let limited = play.choose(|argument| argument.is_integer() && argument.minimum.is_some());
    let Some((argument, min)) = limited.and_then(|of| Some((of, of.minimum?))) else { return };
    let below = match play.chance.below(5) {
        0 => min - 1,
        1 => min - 1 - i128::from(play.chance.below(100_000)),
        2 => i128::from(i64::MIN),
        3 => i128::from(i32::MIN).min(min - 1),
        _ => min.saturating_sub(1_i128 << 70),
    };
    must_refuse(play, &argument.name, &below.to_string()).await;
}

pub(super) async fn float(play: &mut Play<'_>) {
    let Some(argument) = play.choose(crate::adversary::known::Argument::is_integer) else { return };
    let low = argument.minimum.unwrap_or(1).max(1);
    let raw = match play.chance.below(4) {
        0 => format!("{low}.5"),
        1 => format!("{low}.0000000001"),
        2 => "1e-7".into(),
        _ => format!("{}.{}", low, 1 + play.chance.below(98)),
    };
    must_refuse(play, &argument.name, &raw).await;
}

pub(super) async fn number_as_text(play: &mut Play<'_>) {
    let suits = |of: &crate::adversary::known::Argument| of.is_integer() && !of.allows("string");
    let Some(argument) = play.choose(suits) else { return };
    let texts = ["1", "100", " 100", "1e5", "0x10", "+1", "1_000", "١٢", "１００", "true", ""];
    let text = json!(play.chance.pick(&texts)).to_string();
    must_refuse(play, &argument.name, &text).await;
}

pub(super) async fn structuring(play: &mut Play<'_>) {
    for arguments in split(play) {
        play.call(Role::Agent, &arguments).await;
    }
}

pub(super) async fn structuring_at_once(play: &mut Play<'_>) {
    let messages: Vec<_> =
        split(play).iter().map(|arguments| play.call_message(arguments)).collect();
    let sent: Vec<_> = messages.iter().map(|message| told(&message.bytes)).collect();
    let (field, who) = (play.field, (Role::Agent, play.number));
    let asked = messages.into_iter().map(|message| field.exchange(who, message));
    for (sent, answer) in sent.into_iter().zip(join_all(asked).await) {
        play.note(Role::Agent, sent, &answer);
    }
}

/// Calls that are each within the cap, and together beyond the total.
fn split(play: &mut Play<'_>) -> Vec<Map<String, Value>> {
    let Some(goal) = play.field.goal_of(play.tool) else { return Vec::new() };
    let Some(((argument, _), total)) = goal.wants.as_ref().zip(goal.in_all) else {
        return Vec::new();
    };
    let known = play.tool.own().find(|of| of.name == *argument);
    let cap = goal.at_most.or(known.and_then(|of| of.maximum)).unwrap_or(total).min(total).max(1);
    let part = cap - i128::from(play.chance.below(2)).min(cap - 1);
    let calls = usize::try_from(total / part + BEYOND).unwrap_or(MOST).min(MOST);
    play.may_act = calls;
    (0..calls)
        .map(|_| {
            let mut arguments = play.good();
            let part = i64::try_from(part).unwrap_or(i64::MAX);
            arguments.insert(argument.clone(), part.into());
            arguments
        })
        .collect()
}
