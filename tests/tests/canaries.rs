//! Texts that are nobody's business, in every way in which a call can fail: in what the model sends, in
//! what backends and stores say, in panics. None of them is in any answer, and every code that the guard
//! has is among the answers.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use guard_tests::{
    answer::Answer,
    fixture::Fixture,
    server::{
        Transport,
        leaky::{LOGGED, canary},
    },
    wire::{Version, Wire},
};
use mcp_guard::{Call, Quota, Rates, prelude::*};
use serde_json::{Value, json};

/// What cannot be seen from outside: MCP has no answer to a request that was cancelled.
const NEVER_ANSWERED: [&str; 1] = ["cancelled"];

/// What the model sends, in its own places.
const SENT: [&str; 18] = [
    "sent_argument",
    "sent_key",
    "sent_name",
    "sent_value",
    "sent_tool",
    "sent_malformed_key",
    "sent_number",
    "sent_nested",
    "sent_repeated",
    "sent_reserved",
    "sent_deep",
    "sent_large",
    "sent_malformed",
    "sent_list",
    "sent_arguments",
    "sent_method",
    "sent_id",
    "sent_state",
];

/// Values that are in no log and no answer to this caller, or in none but the first.
const VALUES: [&str; 8] =
    ["too_large", "misfit", "withheld", "body", "field", "panic_other", "user", "query"];

/// The tools that are called twice each, and what they are told.
const TOOLS: [(&str, &str, &str); 50] = [
    ("rejected", "rejected", "rejected"),
    ("transient", "transient", "transient"),
    ("ambiguous", "unknown", "ambiguous"),
    ("ambiguous_question", "transient", "ambiguous"),
    ("ambiguous_again", "transient", "ambiguous"),
    ("validation", "validation", "validation"),
    ("authz", "authz", "authz"),
    ("internal", "unknown", "internal"),
    ("internal_question", "internal", "internal"),
    ("public", "rejected", "public"),
    ("hand_written", "rejected", "rejected"),
    ("foreign", "rejected", "foreign"),
    ("unreachable", "transient", "backend_unreachable"),
    ("claim_unavailable", "transient", "store_unavailable"),
    ("claim_unreadable", "internal", "record_unreadable"),
    ("claim_unusable", "transient", "store_unavailable"),
    ("in_flight", "idempotent", "in_flight"),
    ("conflict", "idempotent", "key_conflict"),
    ("expired", "idempotent", "key_expired"),
    ("done_by_another", "idempotent", "already_done"),
    ("unknown", "unknown", "outcome_unknown"),
    ("reconcile_error", "unknown", "outcome_unknown"),
    ("reconcile_panic", "unknown", "outcome_unknown"),
    ("unreadable_answer", "internal", "record_unreadable"),
    ("unreadable_redacted", "internal", "record_unreadable"),
    ("over_budget", "authz", "budget_exceeded"),
    ("without_scope", "authz", "insufficient_scope"),
    ("withheld", "", ""),
    ("settle", "unknown", "ambiguous"),
    ("superseded", "unknown", "superseded"),
    ("dispatch", "transient", "not_dispatched"),
    ("commit_lost", "transient", "commit_unacknowledged"),
    ("commit_refused", "internal", "commit_refused"),
    ("ended_by_body", "unknown", "transaction_ended"),
    ("panic_text", "unknown", "panicked"),
    ("panic_value", "internal", "internal"),
    ("panic_other", "unknown", "panicked"),
    ("late", "unknown", "timed_out"),
    ("late_again", "transient", "timed_out"),
    ("late_question", "transient", "timed_out"),
    ("unwritable", "idempotent", "result_unavailable"),
    ("unwritable_answer", "internal", "internal"),
    ("misfit", "internal", "internal"),
    ("without_answer", "transient", "credential_unavailable"),
    ("without_leave", "authz", "credential_refused"),
    ("without_setting", "internal", "credential_defect"),
    ("denied", "authz", "not_permitted"),
    ("undecided", "transient", "authorization_unavailable"),
    ("too_large", "", ""),
    ("inspect", "", ""),
];

/// Everything that was answered, and with which codes.
#[derive(Default)]
struct Heard {
    text: String,
    codes: BTreeSet<String>,
    paths: usize,
}

impl Heard {
    /// Takes an answer in, and says its category and code.
    fn hear(&mut self, answer: &Answer) -> (String, String) {
        self.paths += 1;
        self.text += &answer.text;
        let message: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let error = match &message["error"]["data"] {
            Value::Null => &message["result"]["structuredContent"]["error"],
            data => data,
        };
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        self.codes.insert(text("code"));
        (text("category"), text("code"))
    }
}

/// Calls every tool that fails by itself, twice with one key.
async fn let_every_tool_fail(wire: &Wire, heard: &mut Heard) {
    let tools = wire.tools().await;
    heard.text += &serde_json::to_string(&tools).expect("a list");
    for (tool, category, code) in TOOLS {
        let listed = tools.iter().find(|listed| listed["name"] == tool).expect("it is listed");
        let mut arguments = json!({});
        if listed["inputSchema"]["properties"].get("idempotency_key").is_some() {
            arguments["idempotency_key"] = json!(format!("{}-{tool}", canary("sent_key")));
        }
        if listed["inputSchema"]["properties"].get("text").is_some() {
            arguments["text"] = json!(canary("sent_argument"));
        }
        let first = wire.call(tool, arguments.clone()).await;
        if tool == "too_large" {
            assert!(first.text.contains(&canary("too_large")), "its caller is told: {tool}");
            let replayed = heard.hear(&wire.call(tool, arguments).await);
            assert_eq!(replayed.1, "result_unavailable");
            continue;
        }
        // A call that is answered twice alike was not carried out twice.
        let told = heard.hear(&first);
        assert_eq!((&*told.0, &*told.1), (category, code), "{tool}: {first:?}");
        heard.hear(&wire.call(tool, arguments).await);
    }
    let asked =
        json!({"tool": "inspect", "idempotency_key": format!("{}-inspect", canary("sent_key"))});
    assert_eq!(heard.hear(&wire.call("operation_status", asked).await).1, "store_unavailable");
    for code in ["store_unavailable", "limit_exceeded"] {
        let arguments = json!({"amount": 6, "idempotency_key": canary("sent_key")});
        assert_eq!(heard.hear(&wire.call("recall", arguments).await).1, code);
    }
}

/// Sends what does not fit, in every way.
async fn send_what_does_not_fit(wire: &Wire, heard: &mut Heard) {
    let [argument, key, name, value, tool, malformed, number, nested, ..] = SENT.map(canary);
    let fitting = format!(r#""idempotency_key":"{key}-fitting""#);
    let deep = format!("{}\"{}\"{}", "[".repeat(200), canary("sent_deep"), "]".repeat(200));
    let large = canary("sent_large").repeat(100_000);
    for (arguments, code) in [
        (format!("{{{fitting},\"amount\":\"{value}\"}}"), "invalid_argument"),
        (format!("{{{fitting},\"amount\":{{\"{nested}\":\"{number}\"}}}}"), "invalid_argument"),
        (format!("{{{fitting},\"amount\":1,\"{name}\":\"{argument}\"}}"), "unknown_argument"),
        (format!("{{{fitting}}}"), "missing_argument"),
        (format!("{{\"amount\":\"{value}\"}}"), "key_missing"),
        (format!("{{\"idempotency_key\":\"{malformed} !\",\"amount\":1}}"), "key_malformed"),
        (format!("{{{fitting},\"amount\":{deep}}}"), "message_too_deep"),
        (format!("{{{fitting},\"amount\":\"{large}\"}}"), "message_too_large"),
        (format!("{{\"{0}\":1,\"{0}\":2}}", canary("sent_repeated")), "repeated_key"),
        (
            format!("{{\"$serde_json::private::RawValue\":\"{}\"}}", canary("sent_reserved")),
            "reserved_key",
        ),
        (format!("[\"{}\"]", canary("sent_list")), "malformed_call"),
        (format!("\"{}\"", canary("sent_arguments")), "malformed_call"),
    ] {
        let mut answer = wire.call_raw("recall", &arguments).await;
        if answer.is_missing() {
            // Over HTTP, a connection is closed on so large a body, maybe before its sender listens.
            answer = wire.call_raw("recall", &arguments).await;
        }
        if answer.is_missing() && code == "message_too_large" {
            continue;
        }
        assert_eq!(
            heard.hear(&answer).1,
            code,
            "{}: {answer:?}",
            &arguments[..60.min(arguments.len())]
        );
    }
    heard.hear(&wire.call(&tool, json!({})).await);
    let made_up =
        format!(r#""name":"recall","arguments":{{}},"requestState":"{}""#, canary("sent_state"));
    let (id, text) = wire.frame("tools/call", &made_up);
    let answer = wire.exchange(id, "tools/call", Some("recall"), &text).await;
    assert_eq!(heard.hear(&answer).1, "nothing_was_asked", "{answer:?}");
    let method = canary("sent_method");
    let (id, text) = wire.frame(&method, "");
    heard.hear(&wire.exchange(id, &method, None, &text).await);
    for (text, code) in [
        (format!("{{\"{}", canary("sent_malformed")), "malformed_json"),
        (format!("[\"{}\"]", canary("sent_list")), "not_an_object"),
        (
            format!(r#"{{"jsonrpc":"2.0","id":{{"{}":1}},"method":"ping"}}"#, canary("sent_id")),
            "malformed_id",
        ),
        (
            format!(
                r#"{{"jsonrpc":"2.0","id":900,"method":"ping","result":"{}"}}"#,
                canary("sent_result")
            ),
            "ambiguous_message",
        ),
    ] {
        let answer = wire.exchange(900, "tools/call", None, &text).await;
        assert_eq!(heard.hear(&answer).1, code, "{answer:?}");
    }
}

/// What the guard says of callers before it reads what they send: nobody is known, somebody asks too
/// often, too much is under way.
async fn ask_at_the_gate(heard: &mut Heard) {
    let ask = async |guard: &Guard, tool: &str, caller: Option<Caller>| {
        let arguments = json!({"text": canary("sent_argument")});
        guard.call(Call::new(tool, arguments, caller)).await.expect("a reply").body().to_owned()
    };
    let agent = || Some(Caller::local(canary("sent_subject")));
    let builder = || Guard::builder().tool::<look>().tool::<wait>();
    let guard = builder().build().expect("a guard");
    let unknown = ask(&guard, "look", None).await;
    let quota = Quota::new(1, Duration::from_secs(60));
    let guard = builder().rates(Rates::new().per_caller(quota)).build().expect("a guard");
    ask(&guard, "look", agent()).await;
    let too_often = ask(&guard, "look", agent()).await;
    let guard = builder().max_concurrent_calls(1).build().expect("a guard");
    let (_, too_many) = tokio::join!(ask(&guard, "wait", agent()), ask(&guard, "look", agent()));
    for body in [unknown, too_often, too_many] {
        heard.text += &body;
        let body: Value = serde_json::from_str(&body).expect("an envelope");
        heard.codes.insert(body["error"]["code"].as_str().expect("a code").to_owned());
        heard.paths += 1;
    }
}

/// Wait until it is over.
#[guarded_tool(read_only, any_caller, timeout = "100ms")]
async fn wait(
    /// A text.
    text: String,
) -> Result<(), std::convert::Infallible> {
    drop(text);
    std::future::pending().await
}

/// Look.
#[guarded_tool(read_only, any_caller)]
async fn look(
    /// A text.
    text: String,
) -> Result<(), std::convert::Infallible> {
    drop(text);
    Ok(())
}

#[tokio::test]
async fn no_answer_has_a_text_that_is_nobodys_business() {
    let mut codes = BTreeSet::new();
    for transport in [Transport::Stdio, Transport::Http] {
        let fixture = Fixture::new();
        let mut options = fixture.server(transport);
        options.leaky = true;
        let wire = Wire::open(&options, Version::V2025November).await;
        let mut heard = Heard::default();
        let_every_tool_fail(&wire, &mut heard).await;
        send_what_does_not_fit(&wire, &mut heard).await;
        ask_at_the_gate(&mut heard).await;
        if transport == Transport::Http {
            let stranger = reqwest::Client::new().post(wire.url()).bearer_auth(canary("token"));
            let refused = stranger.send().await.expect("an answer");
            heard.text.extend(refused.headers().values().filter_map(|value| value.to_str().ok()));
            heard.text += &refused.text().await.expect("a body");
        }
        assert!(!heard.text.contains("CANARY"), "{transport:?}: {}", around(&heard.text));
        assert!(!heard.text.contains("hunter2"), "{transport:?}: {}", around(&heard.text));
        assert!(heard.text.contains("no such order[31m xxx") && heard.text.contains("… [cut]"));
        assert!(heard.paths > 100, "{} ways", heard.paths);

        // Each was there to be shown: a person finds it.
        wire.process().kill().await;
        let log = wire.process().log();
        for place in LOGGED {
            assert!(log.contains(&canary(place)), "{transport:?}: {place} never came up");
        }
        for secret in ["sent_argument", "sent_key", "sent_value", "token"].map(canary) {
            assert!(!log.contains(&secret), "{transport:?}: {secret} is logged");
        }
        codes.extend(heard.codes);
    }
    let canaries = LOGGED.len() + SENT.len() + VALUES.len();
    assert!(canaries >= 50, "{canaries} canaries");
    let unseen: Vec<_> =
        codes_of_the_guard().into_iter().filter(|code| !codes.contains(code)).collect();
    assert_eq!(unseen, NEVER_ANSWERED, "codes that no answer had: let a tool here fail with each");
}

/// The text around the first canary.
fn around(text: &str) -> &str {
    let at = text.find("CANARY").unwrap_or_default();
    text.get(at.saturating_sub(200)..(at + 100).min(text.len())).unwrap_or_default()
}

/// Every code that stands in the guard's own source.
fn codes_of_the_guard() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../mcp-guard/src"), &mut codes);
    assert!(codes.len() > 30, "{codes:?}");
    codes
}

/// What stands before a code, without spaces.
const BEFORE_A_CODE: [&str; 6] = [
    "Self::new(Category::",
    "Self::invalid(\"",
    "Failure::invalid(\"",
    "retry_same_key(\"",
    "Failure::unknown(\"",
    "code:\"",
];
const IN_A_PAIR: [&str; 3] = ["=>(\"", "=>{(\"", ";(\""];

fn collect(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, codes);
            continue;
        }
        let source = fs::read_to_string(&path).expect("a source");
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        let code: String = code.split_whitespace().collect();
        // Only these files make failures by a pair of a code and a text.
        let has_pairs = path.ends_with("wire.rs") || path.ends_with("schema/input.rs");
        let pairs = if has_pairs { &IN_A_PAIR[..] } else { &[] };
        for before in BEFORE_A_CODE.iter().chain(pairs) {
            for found in code.split(*before).skip(1) {
                codes.extend(first_name(found));
            }
        }
    }
}

/// The first text of a list of arguments, if it is a code.
fn first_name(arguments: &str) -> Option<String> {
    let arguments =
        arguments.trim_start_matches(|c: char| c.is_ascii_alphabetic() && c.is_ascii_uppercase());
    let (before, rest) = match arguments.split_once('"') {
        Some((before, rest)) if before.ends_with(',') => (before, rest),
        _ => ("", arguments),
    };
    let name = rest.split('"').next()?;
    let is_code = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    (is_code && before.len() < 20).then(|| name.to_owned())
}
