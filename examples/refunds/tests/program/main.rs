//! The program, as a person or an MCP client starts it.

mod attack;
mod operations;
mod running;
mod sign_in;
mod start;
mod tokens;

use std::{fs, path::Path, process::Command};

use serde_json::json;
use start::{call, hello, refunds, run, stderr, talk};

#[test]
fn the_demo_shows_every_try_and_the_ledger_is_right() {
    let folder = tempfile::tempdir().expect("a folder");
    // A demo must not be led astray by what is set for a real server.
    let output = run(refunds(folder.path())
        .arg("demo")
        .env("TMPDIR", folder.path())
        .env("MCP_GUARD_SCOPES", "none")
        .env("REFUNDS_PAYMENTS_URL", "http://127.0.0.1:1"));
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{table}{}", stderr(&output));
    assert!(!table.contains('\u{1b}'), "no colours in a file: {table}");
    for told in [
        "ok, from the record",
        "idempotent / key_conflict",
        "authz / limit_exceeded",
        "ok x 3, budget_exceeded x 3",
        "idempotent / already_done",
        "it is unknown",
        "resolved: done",
        "resolved: not_done",
        "authz / insufficient_scope",
        "validation / unknown_argument",
        "validation / invalid_argument",
        "validation / repeated_key",
        "transient / payments_unreachable",
        "unknown / payments_no_answer",
        "unknown / outcome_unknown",
        "HTTP 401, needs orders",
        "HTTP 403, needs orders refunds",
        "HTTP 401, invalid_token",
        "the ledger is right",
    ] {
        assert!(table.contains(told), "{told} is missing:\n{table}");
    }
    assert_eq!(folder.path().read_dir().expect("a folder").count(), 0, "it leaves nothing behind");
}

#[test]
fn without_any_configuration_it_serves_play_money() {
    let folder = tempfile::tempdir().expect("a folder");
    let refund = json!({"order_id": "ord_8821", "amount_cents": 2500, "reason": "late",
                        "idempotency_key": "refund-0001"});
    let [hello, ready] = hello();
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let messages = [hello, ready, list, call(2, "create_refund", &refund)];
    let answers = talk(&mut refunds(folder.path()), &messages);
    let names: Vec<_> = answers[1]["result"]["tools"]
        .as_array()
        .expect("tools")
        .iter()
        .map(|tool| tool["name"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(
        names,
        ["create_refund", "get_order", "operation_status", "refund_delivery", "return_deposit"]
    );
    let first = &answers[2]["result"]["structuredContent"];
    assert_eq!(first["result"]["amount_cents"], 2500, "{first}");

    // Another process, as a client that was restarted makes one, knows of it.
    let [hello, ready] = self::hello();
    let order = call(2, "get_order", &json!({"order_id": "ord_8821"}));
    let answers = talk(
        &mut refunds(folder.path()),
        &[hello, ready, call(1, "create_refund", &refund), order],
    );
    assert_eq!(&answers[1]["result"]["structuredContent"], first);
    assert_eq!(answers[1]["result"]["_meta"]["mcp-guard/replayed"], true);
    assert_eq!(answers[2]["result"]["structuredContent"]["result"]["refunded_cents"], 2500);
}

#[test]
fn a_mistake_says_what_to_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let real = |arguments: &[&str]| {
        let mut command = refunds(folder.path());
        command
            .args(arguments)
            .env("REFUNDS_PAYMENTS_URL", "http://127.0.0.1:1")
            .env("REFUNDS_PAYMENTS_TOKEN", "token");
        command
    };
    let fresh = |arguments: &[&str]| {
        let mut command = refunds(folder.path());
        command.args(arguments);
        command
    };
    let with = |mut command: Command, name: &str, value: &str| {
        command.env(name, value);
        command
    };
    for (mut command, code, says) in [
        (fresh(&["htpp"]), 2, "there is no command `htpp`"),
        (fresh(&["payments"]), 1, "REFUNDS_PAYMENTS_TOKEN is not set"),
        (fresh(&["--store", "mysql://host/db"]), 1, "write postgres://…"),
        (real(&[]), 1, "MCP_GUARD_SUBJECT"),
        (real(&["http"]), 1, "REFUNDS_HTTP_TOKEN"),
        (
            with(real(&["http", "--issuer", "https://a.example"]), "REFUNDS_HTTP_TOKEN", "a"),
            1,
            "leave one of them out",
        ),
        (real(&["http", "--issuer", "http://a.example"]), 1, "must begin with `https://`"),
        (fresh(&["issuer", "--listen", "0.0.0.0:0"]), 1, "a loopback address only"),
        (with(real(&[]), "REFUNDS_PAYMENTS_TOKEN", ""), 1, "REFUNDS_PAYMENTS_TOKEN is not set"),
        (with(real(&[]), "REFUNDS_PAYMENTS_URL", "https://x"), 1, "http://127.0.0.1:4242"),
        (with(fresh(&[]), "REFUNDS_LEASE_MS", "1s"), 1, "REFUNDS_LEASE_MS=5000"),
    ] {
        let output = run(&mut command);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{command:?}: {error}");
        assert!(error.contains(says), "{command:?}: {error}");
        assert!(output.stdout.is_empty(), "standard output belongs to the protocol");
    }
}

#[test]
fn help_names_every_variable_that_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(refunds(folder.path()).arg("--help"));
    let help = String::from_utf8_lossy(&output.stdout);
    let mut sources = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let readme = include_str!("../../README.md");
    let read: Vec<_> = sources
        .iter()
        .flat_map(|source| source.split(|c: char| !c.is_ascii_uppercase() && c != '_'))
        .filter(|word| word.starts_with("REFUNDS_") && word.len() > "REFUNDS_".len())
        .collect();
    assert!(read.len() > 5, "the search finds them");
    for name in read {
        assert!(help.contains(name), "--help does not name {name}");
        assert!(readme.contains(name), "the README does not name {name}");
    }
}

/// Every source but the one whose text is checked.
fn collect(folder: &Path, sources: &mut Vec<String>) {
    for entry in folder.read_dir().expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, sources);
        } else if !path.ends_with("help.rs") {
            sources.push(fs::read_to_string(path).expect("the source"));
        }
    }
}
