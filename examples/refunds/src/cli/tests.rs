//! Lines that are read, and lines that are not.

use mcp_guard::Resolution;
use serde_json::json;

use super::*;

/// Words are separated by spaces, so that a line reads as a person writes it.
fn read(line: &str) -> Result<Command, UsageError> {
    parse(line.split_whitespace().map(OsString::from))
}

fn id() -> String {
    "0123456789abcdef".repeat(4)
}

#[test]
fn commands_and_their_options() {
    assert_eq!(read(""), Ok(Command::Stdio { store: None }));
    assert_eq!(read("--store x.db"), Ok(Command::Stdio { store: Some("x.db".into()) }));
    assert_eq!(read("demo"), Ok(Command::Demo { store: None }));
    assert_eq!(read("http"), Ok(Command::Http { listen: HTTP, store: None, issuer: None }));
    assert_eq!(
        read("http --store x.db --listen 127.0.0.1:0"),
        Ok(Command::Http { listen: loopback(0), store: Some("x.db".into()), issuer: None })
    );
    let issuer = Some("https://auth.example.com".to_owned());
    assert_eq!(
        read("http --issuer https://auth.example.com"),
        Ok(Command::Http { listen: HTTP, store: None, issuer })
    );
    assert_eq!(read("issuer"), Ok(Command::Issuer { listen: ISSUER }));
    assert_eq!(
        read("payments --db x.db --listen 127.0.0.1:0"),
        Ok(Command::Payments { listen: loopback(0), ledger: Some("x.db".into()) })
    );
    assert_eq!(read("payments"), Ok(Command::Payments { listen: PAYMENTS, ledger: None }));
    assert_eq!(read("attack"), Ok(Command::Attack { attacks: None, json: false }));
    assert_eq!(
        read("attack --json --attacks 500"),
        Ok(Command::Attack { attacks: Some(500), json: true })
    );
    assert_eq!(read("bare"), Ok(Command::Bare));
    assert_eq!(read("manifest"), Ok(Command::Manifest));
    assert!(read("manifest --store x.db").is_err());
    assert_eq!(read("--help"), Ok(Command::Help));
}

#[test]
fn what_a_person_asks_of_the_operations() {
    let id = id();
    let asked = |line: &str| match read(&format!("operations {line}")) {
        Ok(Command::Operations(operations)) => operations,
        other => panic!("{line}: {other:?}"),
    };
    let list = asked("list");
    assert_eq!(list, Operations { ask: Ask::List, store: None, json: false });
    let show = asked(&format!("show {id} --json --store x.db"));
    let ask = Ask::Show(id.parse().unwrap());
    assert_eq!(show, Operations { ask, store: Some("x.db".into()), json: true });
    for (line, finding) in [
        ("--not-done", Resolution::NotDone),
        ("--done", Resolution::Done(None)),
        ("--done --result {\"a\":1}", Resolution::Done(Some(json!({"a": 1})))),
    ] {
        let asked = asked(&format!("resolve {id} {line} --by maria")).ask;
        let by = "maria".to_owned();
        assert_eq!(asked, Ask::Resolve { id: id.parse().unwrap(), finding, by });
    }
}

#[test]
fn a_mistake_is_named() {
    for (line, says) in [
        ("htpp", "no command `htpp`"),
        ("--listen 1", "no command `--listen`"),
        ("--store", "`--store` needs a value"),
        ("--store x http", "`refunds` does not take `http`"),
        ("demo fast", "`refunds demo` does not take `fast`"),
        ("issuer --store x", "`refunds issuer` does not take `--store`"),
        ("http --db x", "`refunds http` does not take `--db`"),
        ("http --listen", "`--listen` needs a value"),
        ("attack --attacks many", "`--attacks` is not a number"),
        ("http --listen 8787", "`8787` is not an address"),
        ("http --listen 127.0.0.1:1 --listen 127.0.0.1:2", "`--listen` is given twice"),
        ("operations", "write `refunds operations list`"),
        ("operations lst", "no command `lst`"),
        ("operations list --by maria", "`refunds operations list` does not take `--by`"),
        ("operations list --json --json", "`--json` is given twice"),
        ("operations show", "`refunds operations show` needs the ID"),
        ("operations show --json", "`refunds operations show` needs the ID"),
        ("operations show 12ab", "`12ab` names no operation"),
        ("operations resolve ID --by maria", "say what you found out"),
        ("operations resolve ID --done --not-done --by maria", "opposites"),
        ("operations resolve ID --not-done --result {} --by maria", "has no result"),
        ("operations resolve ID --done --result {x} --by maria", "not JSON"),
        ("operations resolve ID --done", "--by NAME"),
    ] {
        let error = read(&line.replace("ID", &id())).unwrap_err().to_string();
        assert!(error.contains(says), "{line}: {error}");
    }
    let unnamed = ["operations", "resolve", &id(), "--done", "--by", " "];
    assert_eq!(parse(unnamed.map(OsString::from)), Err(UsageError::Nobody));
}
