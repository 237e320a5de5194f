//! Messages that two parsers read differently, or that none should.

use std::time::Duration;

use futures_util::future::join;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use crate::adversary::{
    link::{Message, Role},
    play::{Play, text_of, text_with, told},
};

/// How long an answer to what cannot be read is waited for.
const AN_ANSWER: Duration = Duration::from_millis(300);

/// The members of an object, without its braces.
fn members(arguments: &Map<String, Value>) -> String {
    let text = text_of(arguments);
    text[1..text.len() - 1].to_owned()
}

/// An argument of a good call, by its place, and another value for it.
fn one_of(play: &mut Play<'_>, arguments: &Map<String, Value>) -> Option<(String, Value)> {
    let names: Vec<_> = arguments.keys().collect();
    if names.is_empty() {
        return None;
    }
    let name = names[play.chance.place(names.len())].clone();
    let other = match &arguments[&name] {
        Value::Number(_) => json!(1 + play.chance.below(1_000_000)),
        Value::String(text) => json!(format!("{text}x")),
        same => same.clone(),
    };
    Some((name, other))
}

pub(super) async fn repeated(play: &mut Play<'_>) {
    let arguments = play.good();
    let Some((name, other)) = one_of(play, &arguments) else { return };
    let again = format!("{}:{other}", json!(name));
    let text = if play.chance.below(2) == 0 {
        format!("{{{},{again}}}", members(&arguments))
    } else {
        format!("{{{again},{}}}", members(&arguments))
    };
    let answer = play.call_text(Role::Agent, &text).await;
    play.must_be_refused(&answer);
}

pub(super) async fn escaped(play: &mut Play<'_>) {
    let arguments = play.good();
    let Some((name, other)) = one_of(play, &arguments) else { return };
    let place = play.chance.place(name.chars().count());
    let escape = |(at, c): (usize, char)| {
        if at == place { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }
    };
    let name: String = name.chars().enumerate().map(escape).collect();
    let text = format!(r#"{{{},"{name}":{other}}}"#, members(&arguments));
    let answer = play.call_text(Role::Agent, &text).await;
    play.must_be_refused(&answer);
}

pub(super) async fn nested_copy(play: &mut Play<'_>) {
    let (good, name) = (text_of(&play.good()), Value::from(play.tool.name.as_str()));
    let id = play.field.id();
    let head = format!(r#""jsonrpc":"2.0","id":{id},"method":"tools/call""#);
    let params = format!(r#"{{"name":{name},"arguments":{good}}}"#);
    let text = match play.chance.below(6) {
        0 => format!(r#"{{{head},"params":{{"name":"x"}},"params":{params}}}"#),
        1 => format!(r#"{{{head},"params":{{"name":"x","name":{name},"arguments":{good}}}}}"#),
        2 => {
            format!(r#"{{{head},"params":{{"name":{name},"arguments":{{}},"arguments":{good}}}}}"#)
        }
        3 => format!(r#"{{{head},"params":{{"name":{name},"arguments":{{"arguments":{good}}}}}}}"#),
        4 => format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"ping","method":"tools/call","params":{params}}}"#
        ),
        _ => {
            let whole = good[1..].to_owned();
            format!(
                r#"{{{head},"params":{{"name":{name},"arguments":{{"params":{good},{whole}}}}}"#
            )
        }
    };
    let answer = play.send(Role::Agent, Message::request(id, text)).await;
    if !play.tool.arguments.iter().any(|argument| argument.required) && !answer.is_missing() {
        return;
    }
    play.must_be_refused(&answer);
}

pub(super) async fn reserved(play: &mut Play<'_>) {
    let arguments = play.good();
    let Some((name, _)) = one_of(play, &arguments) else { return };
    let value = arguments[&name].to_string();
    let raw = match play.chance.below(3) {
        0 => format!(r#"{{"$serde_json::private::RawValue":{}}}"#, json!(value)),
        1 => format!(r#"{{"$serde_json::private::Number":{}}}"#, json!(value)),
        _ => format!(r#"{{"\u0024serde_json::private::RawValue":{}}}"#, json!(value)),
    };
    let answer = play.call_text(Role::Agent, &text_with(&arguments, &name, &raw)).await;
    play.must_be_refused(&answer);
}

pub(super) async fn huge(play: &mut Play<'_>) {
    let mut arguments = play.good();
    let long = "x".repeat(2 * 1024 * 1024);
    let free = play.choose(|argument| argument.free).map(|argument| argument.name.clone());
    arguments.insert(free.unwrap_or("adversary".into()), long.into());
    let answer = play.call(Role::Agent, &arguments).await;
    if answer.is_accepted() {
        play.land("a message of two megabytes was accepted");
    }
    play.must_still_answer().await;
}

pub(super) async fn deep(play: &mut Play<'_>) {
    let arguments = play.good();
    let depth = 40 + play.chance.place(20_000);
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let name = play.choose(|_| true).map_or("adversary".into(), |argument| argument.name.clone());
    let answer = play.call_text(Role::Agent, &text_with(&arguments, &name, &deep)).await;
    if answer.is_accepted() {
        play.land("a call was accepted that must be refused");
    }
    play.must_still_answer().await;
}

pub(super) async fn lone_surrogate(play: &mut Play<'_>) {
    let Some(argument) = play.choose(|argument| argument.free) else { return };
    let halves = [r"\ud800", r"\udfff", r"\ud83d", r"\ud800\ud800", r"\udc00\ud800"];
    let half = play.chance.pick(&halves);
    let text = text_with(&play.good(), &argument.name, &format!(r#""ord_{half}1""#));
    let answer = play.call_text(Role::Agent, &text).await;
    if answer.is_accepted() {
        play.land("half of a surrogate pair was accepted");
    }
    play.must_still_answer().await;
}

pub(super) async fn malformed(play: &mut Play<'_>) {
    let arguments = play.good();
    let Message { id, bytes, headers } = play.call_message(&arguments);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let cut = play.chance.place(text.len().saturating_sub(1)) + 1;
    let bytes = match play.chance.below(8) {
        0 => format!("{text} // a comment").into_bytes(),
        1 => format!("{text}{text}").into_bytes(),
        2 => text.replace('"', "'").into_bytes(),
        3 => format!("\u{feff}{text}").into_bytes(),
        4 => [&bytes[..cut], b"\xff\xfe", &bytes[cut..]].concat(),
        5 => text.replacen('{', "{,", 1).into_bytes(),
        6 => text.replacen(r#""params":{"#, r#""params":{"x":NaN,"#, 1).into_bytes(),
        _ => bytes[..cut].to_vec(),
    };
    unreadable(play, Message { id, bytes, headers }).await;
}

/// Sends what a server need not answer, and sees that it answers what comes after.
async fn unreadable(play: &mut Play<'_>, message: Message) {
    let sent = told(&message.bytes);
    let (field, who) = (play.field, (Role::Agent, play.number));
    let asked = field.exchange(who, message);
    let (asked, ()) = join(timeout(AN_ANSWER, asked), play.must_still_answer()).await;
    play.note(Role::Agent, sent, &asked.unwrap_or_default());
}

pub(super) async fn batch(play: &mut Play<'_>) {
    let limited = play.choose(|argument| argument.is_integer() && argument.maximum.is_some());
    let Some((argument, max)) = limited.and_then(|of| Some((of, of.maximum?))) else { return };
    let text = text_with(&play.good(), &argument.name, &(max + 1).to_string());
    let call = play.call_of(&text);
    let call = String::from_utf8_lossy(&call.bytes).into_owned();
    let ping = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{}}"#;
    let batch = format!("[{ping},{call}]").into_bytes();
    let id = Some(play.field.id());
    unreadable(play, Message { id, bytes: batch, headers: Vec::new() }).await;
}
