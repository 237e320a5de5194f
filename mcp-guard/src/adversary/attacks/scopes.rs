//! What is not for this caller.

use serde_json::{Value, json};

use crate::adversary::{
    link::{Link, Message, Role},
    play::{Play, text_of, told},
};

pub(super) async fn hidden_tool(play: &mut Play<'_>) {
    let name = play.tool.name.clone();
    let guesses = [
        name.to_uppercase(),
        format!(" {name}"),
        format!("{name}\u{0}"),
        format!("{name}\n"),
        format!("tools/{name}"),
        format!("{name}/../{name}"),
        format!("_{name}"),
        "admin".into(),
        "resolve_operation".into(),
        "operations_resolve".into(),
        "eval".into(),
        "__proto__".into(),
        String::new(),
        "*".into(),
    ];
    let guess = &guesses[play.chance.place(guesses.len())];
    let arguments = play.good();
    let members = format!(r#""name":{},"arguments":{}"#, json!(guess), text_of(&arguments));
    let answer = play.call_params(Role::Agent, &members).await;
    play.must_be_refused(&answer);
}

pub(super) async fn without_scope(play: &mut Play<'_>) {
    let arguments = play.good();
    let answer = play.call(Role::Unscoped, &arguments).await;
    play.must_be_refused(&answer);
}

pub(super) async fn unidentified(play: &mut Play<'_>) {
    let arguments = play.good();
    let answer = play.call(Role::Nobody, &arguments).await;
    play.must_be_refused(&answer);
    let list = play.field.list((Role::Nobody, play.number), None).await;
    play.note(Role::Nobody, "tools/list".into(), &list);
    if list.result()["tools"].as_array().is_some_and(|tools| !tools.is_empty()) {
        play.land("nobody in particular was shown tools");
    }
}

/// The version in which headers say what the body is about.
const WITH_HEADERS: &str = "2026-07-28";

pub(super) async fn header_mismatch(play: &mut Play<'_>) {
    let arguments = play.good();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": WITH_HEADERS,
        "io.modelcontextprotocol/clientInfo": {"name": "adversary", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let name = Value::from(play.tool.name.as_str());
    let mut message = play
        .framed(&format!(r#""_meta":{meta},"name":{name},"arguments":{}"#, text_of(&arguments)));
    let (method, named, version) = match play.chance.below(4) {
        0 => ("tools/call", "harmless", WITH_HEADERS),
        1 => ("tools/list", play.tool.name.as_str(), WITH_HEADERS),
        2 => ("tools/list", "harmless", WITH_HEADERS),
        _ => ("tools/call", play.tool.name.as_str(), "2025-06-18"),
    };
    message.headers = vec![
        ("MCP-Protocol-Version", version.into()),
        ("Mcp-Method", method.into()),
        ("Mcp-Name", named.into()),
    ];
    let said = format!("{method} {named} {version}: {}", told(&message.bytes));
    let answer = play.field.exchange((Role::Agent, play.number), message).await;
    play.note(Role::Agent, said, &answer);
    play.must_be_refused(&answer);
}

pub(super) async fn another_session(play: &mut Play<'_>) {
    let Link::Http(http) = &play.field.link else { return };
    let Some(session) = http.session().await else { return };
    let arguments = play.good();
    let mut message = play.call_message(&arguments);
    message.headers = vec![("Mcp-Session-Id", session)];
    let answer = play.send(Role::Unscoped, message).await;
    play.must_be_refused(&answer);
}

pub(super) async fn downgraded_version(play: &mut Play<'_>) {
    let versions =
        ["2024-11-05", "2025-03-26", "2025-06-18", "2026-07-28", "1999-01-01", "DRAFT", "", "9"];
    let version = play.chance.pick(&versions);
    let mut arguments = play.good();
    let limited = play.choose(|argument| argument.is_integer() && argument.maximum.is_some());
    match limited.and_then(|of| Some((of, i64::try_from(of.maximum?).ok()?))) {
        Some((argument, max)) => {
            arguments.insert(argument.name.clone(), max.saturating_add(1).into());
        }
        None => {
            arguments.insert("adversary".into(), true.into());
        }
    }
    let Message { id, bytes, headers } = play.call_message(&arguments);
    let sent = format!("in a session of version {version:?}: {}", told(&bytes));
    let message = Message { id, bytes, headers };
    let answer = play.field.aside((Role::Agent, play.number), version, message).await;
    play.note(Role::Agent, sent, &answer);
    // A server may refuse the version, and say nothing after that.
    if answer.is_accepted() {
        play.land("a call was accepted that must be refused");
    }
}
