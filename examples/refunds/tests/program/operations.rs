//! What a person does with `refunds operations`, from the call that nobody heard the end of to the
//! answer that the agent gets.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::Output,
    sync::mpsc,
    thread,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::start::{call, hello, refunds, run, stderr, talk};

/// A payments service that hangs up on every request, and the server in front of it.
struct Scene {
    folder: TempDir,
    url: String,
    /// The `Idempotency-Key` of each request to pay.
    keys: mpsc::Receiver<String>,
}

impl Scene {
    fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (heard, keys) = mpsc::channel();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let request = BufReader::new(connection.expect("a connection")).lines();
                let lines: Vec<_> =
                    request.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                let key = lines.iter().find_map(|line| line.strip_prefix("idempotency-key: "));
                if let Some(key) = key
                    && heard.send(key.to_owned()).is_err()
                {
                    return;
                }
            }
        });
        Self { folder: tempfile::tempdir().expect("a folder"), url, keys }
    }

    /// What an agent is told of these calls, by a server of its own.
    fn told<const N: usize>(&self, calls: [(&str, &Value); N]) -> [Value; N] {
        let [hello, ready] = hello();
        let mut messages = vec![hello, ready];
        messages.extend((1..).zip(calls).map(|(id, (tool, arguments))| call(id, tool, arguments)));
        let mut server = refunds(self.folder.path());
        server
            .env("REFUNDS_PAYMENTS_URL", &self.url)
            .env("REFUNDS_PAYMENTS_TOKEN", "token")
            .env("MCP_GUARD_SUBJECT", "agent")
            .env("MCP_GUARD_SCOPES", "refunds");
        let mut answers = talk(&mut server, &messages);
        let mut answers = answers.drain(1..);
        std::array::from_fn(|_| answers.next().expect("an answer")["result"].take())
    }

    fn operations(&self, arguments: &[&str]) -> Output {
        run(refunds(self.folder.path()).arg("operations").args(arguments))
    }

    /// What is printed when it goes well.
    fn printed(&self, arguments: &[&str]) -> String {
        let output = self.operations(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).expect("text")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let printed = self.printed(&[arguments, &["--json"]].concat());
        serde_json::from_str(&printed).expect("JSON")
    }

    /// What is said when it does not, with nothing printed.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.operations(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        stderr(&output)
    }
}

fn deposit() -> Value {
    json!({"order_id": "ord_8821", "amount_cents": 2500, "idempotency_key": "deposit-0001"})
}

fn code(told: &Value) -> &str {
    told["structuredContent"]["error"]["code"].as_str().unwrap_or("none")
}

#[test]
fn what_was_done_is_looked_up_resolved_and_told() {
    let scene = Scene::set();
    // What the model sends may be meant for the eyes of the person.
    let refund = json!({"order_id": "ord_\u{202e}1288\u{1b}[2J", "amount_cents": 100,
                        "reason": "late", "idempotency_key": "refund-0001"});
    let told = scene.told([("return_deposit", &deposit()), ("create_refund", &refund)]);
    assert_eq!(told.each_ref().map(code), ["payments_no_answer", "payments_no_answer"]);
    let sent = [(); 2].map(|()| scene.keys.recv().expect("a key"));

    let table = scene.printed(&["list"]);
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    for (line, tool) in lines.iter().zip(["TOOL", "return_deposit", "create_refund"]) {
        assert_eq!(line.find(tool), Some(66), "{table}");
    }
    let listed = scene.json(&["list"]);
    let [id, other] = [0, 1].map(|place| listed[place]["id"].as_str().expect("an id"));
    assert!(lines[1].starts_with(id) && lines[2].starts_with(other), "{table}");

    let shown = scene.printed(&["show", id]);
    for part in [id, "return_deposit", "unknown since 2", &sent[0], "not kept", "--not-done"] {
        assert!(shown.contains(part), "{part} is missing:\n{shown}");
    }
    let shown = scene.printed(&["show", other]);
    assert!(shown.contains(&sent[1]) && shown.contains(r#""order_id":"ord_\u202e1288"#), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    assert_eq!(scene.json(&["show", other])["arguments"]["order_id"], refund["order_id"]);

    let resolve = |result| ["resolve", id, "--by", "maria", "--done", "--result", result];
    let misfit = scene.refused(&resolve(r#"{"refund_id":7,"amount_cents":2500}"#));
    assert!(misfit.contains("does not fit what `return_deposit` answers"), "{misfit}");
    assert_eq!(scene.json(&["show", id])["status"], "unknown");

    let output = scene.operations(&resolve(r#"{"refund_id":"re_000007","amount_cents":2500}"#));
    let (printed, audited) = (String::from_utf8_lossy(&output.stdout), stderr(&output));
    assert!(output.status.success() && printed.contains("done since 2"), "{printed}{audited}");
    for part in ["mcp_guard::audit", "resolved", id, r#"by="maria""#] {
        assert!(audited.contains(part), "{part} is missing: {audited}");
    }
    let again = scene.refused(&["resolve", id, "--by", "tom", "--not-done"]);
    assert!(again.contains("no longer unknown: it is done since 2"), "{again}");

    let [told] = scene.told([("return_deposit", &deposit())]);
    let result = json!({"refund_id": "re_000007", "amount_cents": 2500});
    assert_eq!(told["structuredContent"]["result"], result);
    assert_eq!(told["_meta"]["mcp-guard/replayed"], true);
    assert!(scene.keys.try_recv().is_err(), "nothing was sent for it");
}

#[test]
fn what_was_not_done_may_be_done_under_the_same_key() {
    let scene = Scene::set();
    let calls = || scene.told([("return_deposit", &deposit())]);
    let [told] = calls();
    assert_eq!(code(&told), "payments_no_answer");
    let [told] = calls();
    assert_eq!(code(&told), "outcome_unknown");
    let sent = scene.keys.recv().expect("a key");
    assert!(scene.keys.try_recv().is_err(), "what is unknown is not sent again");

    let listed = scene.json(&["list"]);
    let id = listed[0]["id"].as_str().expect("an id");
    let resolved = scene.json(&["resolve", id, "--by", "maria", "--not-done"]);
    assert_eq!(resolved["status"], "not_done");
    assert_eq!(scene.printed(&["list"]), "Nothing is unknown.\n");
    assert_eq!(scene.json(&["list"]), json!([]));

    let [told] = calls();
    assert_eq!(code(&told), "payments_no_answer");
    assert_eq!(scene.keys.recv().expect("a key"), sent, "the service knows it again");
    assert_eq!(scene.json(&["show", id])["attempts"], 2);

    scene.printed(&["resolve", id, "--by", "maria", "--done"]);
    let [told] = calls();
    assert_eq!(code(&told), "result_unavailable");
}

/// One record that cannot be read hides none of the others.
#[test]
fn an_operation_whose_record_cannot_be_read_is_listed_as_such() {
    let scene = Scene::set();
    let another =
        json!({"order_id": "ord_8822", "amount_cents": 2500, "idempotency_key": "deposit-0002"});
    scene.told([("return_deposit", &deposit()), ("return_deposit", &another)]);
    let listed = scene.json(&["list"]);
    let [spoilt, sound] = [0, 1].map(|place| listed[place]["id"].as_str().expect("an id"));
    let file =
        rusqlite::Connection::open(scene.folder.path().join("store/refunds.db")).expect("a file");
    let spoil =
        format!("UPDATE mcp_guard_operation SET principal = x'00' WHERE operation = x'{spoilt}'");
    assert_eq!(file.execute(&spoil, []), Ok(1));
    let printed = scene.printed(&["list"]);
    let line = printed.lines().find(|line| line.starts_with(spoilt)).expect(&printed);
    assert!(line.contains("unreadable"), "{printed}");
    assert!(printed.lines().any(|line| line.starts_with(sound)), "{printed}");
    let listed = scene.json(&["list"]);
    assert_eq!((&listed[0]["id"], &listed[1]["id"]), (&json!(sound), &json!(spoilt)));
    assert_eq!(listed[1]["status"], "unreadable");
}

#[test]
fn a_store_or_an_operation_that_is_not_there_is_said_and_not_made() {
    let scene = Scene::set();
    let nowhere = scene.refused(&["list"]);
    assert!(
        nowhere.contains("refunds.db is not there") && nowhere.contains("--store"),
        "{nowhere}"
    );
    assert_eq!(scene.folder.path().read_dir().expect("a folder").count(), 0);

    scene.told([("return_deposit", &deposit())]);
    let id = "0".repeat(64);
    for ask in [&["show", &id][..], &["resolve", &id, "--by", "maria", "--not-done"]] {
        let unknown = scene.refused(ask);
        assert!(unknown.contains(&id) && unknown.contains("operations list"), "{unknown}");
    }
    let ledger = scene.folder.path().join("another.db");
    std::fs::write(&ledger, "something else").expect("a file");
    let foreign = scene.refused(&["list", "--store", path(&ledger)]);
    assert!(foreign.contains("another.db"), "{foreign}");
    assert_eq!(std::fs::read(&ledger).expect("the file"), b"something else");
}

fn path(path: &Path) -> &str {
    path.to_str().expect("text")
}
