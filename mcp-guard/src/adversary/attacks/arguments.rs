//! Arguments that do not fit the schema.

use serde_json::{Value, json};

use crate::adversary::{
    link::Role,
    play::{Play, text_with},
};

/// Adds an argument, if the tool does not have it.
async fn with_another(play: &mut Play<'_>, name: &str, value: Value) {
    let mut arguments = play.good();
    let has = play.tool.arguments.iter().any(|argument| argument.name == name);
    if has || arguments.insert(name.to_owned(), value).is_some() {
        return;
    }
    let answer = play.call(Role::Agent, &arguments).await;
    play.must_be_refused(&answer);
}

pub(super) async fn unknown(play: &mut Play<'_>) {
    let own = play.choose(|_| true).map_or("argument", |argument| argument.name.as_str());
    let name = match play.chance.below(12) {
        0 => own.to_uppercase(),
        1 => format!("{own} "),
        2 => format!("{own}\u{0}"),
        3 => format!("{own}[]"),
        4 => format!("{own}s"),
        5 => "force".into(),
        6 => "dry_run".into(),
        7 => "approved".into(),
        8 => "scope".into(),
        9 => String::new(),
        10 => "idempotencyKey".into(),
        _ => format!("x{:x}", play.chance.next()),
    };
    let values = [json!(true), json!(1), json!("yes"), json!(null), json!({}), json!(["admin"])];
    let value = values[play.chance.place(values.len())].clone();
    with_another(play, &name, value).await;
}

pub(super) async fn prototype(play: &mut Play<'_>) {
    let names = [
        "__proto__",
        "constructor",
        "prototype",
        "toString",
        "hasOwnProperty",
        "__class__",
        "$ref",
    ];
    let name = play.chance.pick(&names);
    with_another(play, name, json!({"admin": true, "isAdmin": true})).await;
}

pub(super) async fn not_an_object(play: &mut Play<'_>) {
    if !play.tool.arguments.iter().any(|argument| argument.required) {
        return;
    }
    let name = Value::from(play.tool.name.as_str());
    let members = match play.chance.below(6) {
        0 => format!(r#""name":{name}"#),
        1 => format!(r#""name":{name},"arguments":null"#),
        2 => format!(r#""name":{name},"arguments":[]"#),
        3 => format!(r#""name":{name},"arguments":"{{}}""#),
        4 => format!(r#""name":{name},"arguments":[{}]"#, json!(play.good())),
        _ => format!(r#""name":{name},"arguments":7"#),
    };
    let answer = play.call_params(Role::Agent, &members).await;
    play.must_be_refused(&answer);
}

pub(super) async fn wrong_type(play: &mut Play<'_>) {
    let Some(argument) = play.choose(|argument| !argument.types.is_empty()) else { return };
    let values = [
        ("boolean", json!(true)),
        ("null", json!(null)),
        ("array", json!([1])),
        ("object", json!({"a": 1})),
        ("integer", json!(7)),
        ("string", json!("seven")),
    ];
    let wrong: Vec<_> = values.iter().filter(|(of, _)| !argument.allows(of)).collect();
    if wrong.is_empty() {
        return;
    }
    let (_, value) = wrong[play.chance.place(wrong.len())];
    let text = text_with(&play.good(), &argument.name, &value.to_string());
    let answer = play.call_text(Role::Agent, &text).await;
    play.must_be_refused(&answer);
}

pub(super) async fn outside_choice(play: &mut Play<'_>) {
    let Some(argument) = play.choose(|argument| !argument.choice.is_empty()) else { return };
    let inside = argument.choice[0].as_str().unwrap_or("value");
    let value = match play.chance.below(5) {
        0 => json!(inside.to_uppercase()),
        1 => json!(format!("{inside} ")),
        2 => json!([inside]),
        3 => json!({inside: null}),
        _ => json!(format!("x{:x}", play.chance.next())),
    };
    if argument.choice.contains(&value) {
        return;
    }
    let mut arguments = play.good();
    arguments.insert(argument.name.clone(), value);
    let answer = play.call(Role::Agent, &arguments).await;
    play.must_be_refused(&answer);
}

pub(super) async fn missing(play: &mut Play<'_>) {
    let required: Vec<_> = play.tool.arguments.iter().filter(|of| of.required).collect();
    if required.is_empty() {
        return;
    }
    let name = required[play.chance.place(required.len())].name.clone();
    let mut arguments = play.good();
    arguments.remove(&name);
    let answer = play.call(Role::Agent, &arguments).await;
    play.must_be_refused(&answer);
}

/// Characters that hide or reorder others (UAX #9), and terminal escapes.
const DECEPTIVE: &[&str] = &["\u{202e}", "\u{2066}", "\u{200b}", "\u{e0041}", "\u{1b}", "\u{feff}"];

pub(super) async fn bidi(play: &mut Play<'_>) {
    play.may_act = 1;
    let Some(argument) = play.choose(|argument| argument.free) else { return };
    let character = play.chance.pick(DECEPTIVE);
    let mut arguments = play.good();
    arguments.insert(argument.name.clone(), format!("adversary{character}[2Jtxt.exe").into());
    let answer = play.call(Role::Agent, &arguments).await;
    play.must_be_answered(&answer);
    if !answer.is_accepted() {
        play.must_not_say(&answer, character, "a refusal shows characters that hide others");
    }
}

pub(super) async fn hostile_text(play: &mut Play<'_>) {
    play.may_act = 1;
    let Some(argument) = play.choose(|argument| argument.free) else { return };
    let long = "a".repeat(10_000);
    let texts = [
        "",
        "é",
        "a",
        "日本",
        "éé_1",
        "-",
        "_",
        "../../../etc/passwd",
        "..",
        "%00",
        "\u{0}",
        "'; DROP TABLE orders; --",
        "\" OR \"\"=\"",
        "{0} {} %s %n",
        "${jndi:ldap://x}",
        "`id`",
        "$(id)",
        "\\",
        "\r\nSet-Cookie: a=b",
        "null",
        "NaN",
        "-1",
        "18446744073709551616",
        &long,
        "<script>",
        "😀",
    ];
    let text = play.chance.pick(&texts);
    let mut arguments = play.good();
    arguments.insert(argument.name.clone(), text.into());
    let answer = play.call(Role::Agent, &arguments).await;
    play.must_be_answered(&answer);
}
