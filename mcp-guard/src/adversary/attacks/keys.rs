//! One thing twice.

use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use std::time::Duration;

use crate::adversary::{
    link::Role,
    play::{Play, text_of, text_with, told},
};

pub(super) async fn retry(play: &mut Play<'_>) {
    play.may_act = 1;
    let arguments = play.good();
    for _ in 0..2 + play.chance.below(3) {
        let answer = play.call(Role::Agent, &arguments).await;
        play.presume(&answer);
    }
}

/// The tool's key, which there is where the attack's needs are met.
fn key_of(play: &Play<'_>) -> String {
    play.tool.key.clone().unwrap_or_default()
}

/// Good arguments for another thing, under the same key.
fn for_another_thing(play: &Play<'_>, arguments: &Map<String, Value>) -> Map<String, Value> {
    let mut other = play.tool.good(play.number.wrapping_add(1 << 40));
    let key = key_of(play);
    for argument in play.tool.own().filter(|argument| argument.is_integer()) {
        let low = argument.minimum.unwrap_or(1).max(1);
        let sent = other.get(&argument.name).and_then(Value::as_i64).map(i128::from);
        let changed = if sent == Some(low) { low + 1 } else { low };
        other.insert(argument.name.clone(), i64::try_from(changed).unwrap_or(1).into());
    }
    other.insert(key.clone(), arguments[&key].clone());
    other
}

pub(super) async fn for_other(play: &mut Play<'_>) {
    play.may_act = 1;
    let arguments = play.good();
    let other = for_another_thing(play, &arguments);
    if other == arguments {
        return;
    }
    let first = play.call(Role::Agent, &arguments).await;
    play.presume(&first);
    let second = play.call(Role::Agent, &other).await;
    if first.is_accepted() && second.is_accepted() {
        play.land("other arguments under a spent key were accepted");
    }
}

pub(super) async fn case(play: &mut Play<'_>) {
    let (arguments, key) = (play.good(), key_of(play));
    let mut other = arguments.clone();
    let upper = arguments[&key].as_str().unwrap_or_default().to_uppercase();
    other.insert(key, upper.into());
    let first = play.call(Role::Agent, &arguments).await;
    play.presume(&first);
    let before = play.effects().await;
    let second = play.call(Role::Agent, &other).await;
    let after = play.effects().await;
    // What there is one effect on is answered with it, under whatever key.
    let once = play.field.goal_of(play.tool).is_some_and(|goal| !goal.once_for.is_empty());
    play.may_act = if once { 1 } else { 2 };
    if first.is_accepted() && before == 1 && second.is_accepted() && after == 0 && !once {
        play.land("a key in another case was taken for the same");
    }
}

pub(super) async fn padded(play: &mut Play<'_>) {
    let (arguments, key) = (play.good(), key_of(play));
    let first = play.call(Role::Agent, &arguments).await;
    play.presume(&first);
    play.may_act = usize::from(!first.is_missing());
    let padding = [" ", "\t", "\n", "\r", "\u{0}", "\u{a0}", "\u{200b}", "\u{feff}", "\u{202e}"];
    let (used, padding) =
        (arguments[&key].as_str().unwrap_or_default(), play.chance.pick(&padding));
    let padded = match play.chance.below(3) {
        0 => format!("{padding}{used}"),
        1 => format!("{used}{padding}"),
        _ => format!("{}{padding}{}", &used[..4], &used[4..]),
    };
    let mut arguments = arguments;
    arguments.insert(key, padded.into());
    let answer = play.call(Role::Agent, &arguments).await;
    play.must_be_refused(&answer);
}

pub(super) async fn malformed(play: &mut Play<'_>) {
    let (mut arguments, key) = (play.good(), key_of(play));
    let long = "k".repeat(129 + play.chance.place(4_000));
    let malformed = [
        json!(""),
        json!("short"),
        json!(long),
        json!(12_345_678),
        json!(null),
        json!(true),
        json!(["adversary-list"]),
        json!({"key": "adversary-object"}),
        json!("аdversary-cyrillic"),
        json!("adversary/../../slash"),
        json!("adversary key with spaces"),
        json!("adversary'; --"),
    ];
    let choice = play.chance.place(malformed.len() + 1);
    let text = if let Some(value) = malformed.get(choice) {
        text_with(&arguments, &key, &value.to_string())
    } else {
        arguments.remove(&key);
        text_of(&arguments)
    };
    let answer = play.call_text(Role::Agent, &text).await;
    play.must_be_refused(&answer);
}

pub(super) async fn of_another(play: &mut Play<'_>) {
    play.may_act = 1;
    let arguments = play.good();
    let first = play.call(Role::Agent, &arguments).await;
    play.presume(&first);
    let before = play.effects().await;
    let second = play.call(Role::Other, &arguments).await;
    let after = play.effects().await;
    // The other caller has a key, and a budget, of their own.
    play.done.truncate(before);
    if after > 1 {
        play.land("another caller's key has two effects");
    }
    if first.is_accepted() && before == 1 && second.is_accepted() && after == 0 {
        play.land("a caller was answered with another one's result");
    }
}

pub(super) async fn per_try(play: &mut Play<'_>) {
    play.may_act = 1;
    for _ in 0..2 + play.chance.below(3) {
        let arguments = play.good();
        let answer = play.call(Role::Agent, &arguments).await;
        play.presume(&answer);
    }
}

pub(super) async fn at_once(play: &mut Play<'_>) {
    play.may_act = 1;
    let arguments = play.good();
    let calls = 2 + play.chance.place(7);
    let messages: Vec<_> = (0..calls).map(|_| play.call_message(&arguments)).collect();
    let sent: Vec<_> = messages.iter().map(|message| told(&message.bytes)).collect();
    let (field, who) = (play.field, (Role::Agent, play.number));
    let asked = messages.into_iter().map(|message| field.exchange(who, message));
    for (sent, answer) in sent.into_iter().zip(join_all(asked).await) {
        play.note(Role::Agent, sent, &answer);
        play.presume(&answer);
        play.must_be_answered(&answer);
    }
}

pub(super) async fn expired(play: &mut Play<'_>) {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    play.may_act = 1;
    let arguments = play.good();
    let first = play.call(Role::Agent, &arguments).await;
    play.presume(&first);
    let later = DAY + Duration::from_secs(play.chance.below(DAY.as_secs() * 20));
    // When a key is forgotten, it is another one's.
    let later = later.min(play.tool.remembers.saturating_sub(Duration::from_secs(1)));
    if let Some(clock) = &play.field.clock {
        clock.advance(later);
        play.aside(format!("the clock moved on by {} hours", later.as_secs() / 3600));
    }
    play.call(Role::Agent, &arguments).await;
}
