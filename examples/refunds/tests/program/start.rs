//! Starting the program, and talking to it.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

/// The program, knowing nothing of the environment that the tests run in.
pub(crate) fn refunds(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refunds"));
    for (name, _) in std::env::vars_os() {
        let ours = name.to_string_lossy();
        if ours.starts_with("REFUNDS_") || ours.starts_with("MCP_GUARD_") || ours == "RUST_LOG" {
            command.env_remove(&name);
        }
    }
    command.env("REFUNDS_STORE", folder.join("store").join("refunds.db")).stdin(Stdio::null());
    command
}

pub(crate) fn run(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Sends these messages, then ends the input; gives the answers by id.
pub(crate) fn talk(command: &mut Command, messages: &[Value]) -> Vec<Value> {
    let mut server = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut input = server.stdin.take().expect("an input");
    let mut lines = BufReader::new(server.stdout.take().expect("an output")).lines();
    let mut answers = Vec::new();
    for message in messages {
        writeln!(input, "{message}").expect("the server reads");
        if message.get("id").is_some() {
            let line = lines.next().expect("an answer").expect("text");
            answers.push(serde_json::from_str(&line).expect("nothing but JSON on standard output"));
        }
    }
    drop(input);
    assert!(lines.next().is_none(), "nothing follows the last answer");
    assert!(server.wait().expect("it ends").success());
    answers
}

pub(crate) fn hello() -> [Value; 2] {
    [
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
    ]
}

pub(crate) fn call(id: u64, tool: &str, arguments: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
           "params": {"name": tool, "arguments": arguments}})
}
