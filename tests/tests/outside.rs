//! Crates outside this workspace, which know nothing but their own `Cargo.toml`.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

const MANIFEST: &str = r#"
[package]
name = "NAME"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
GUARD
schemars = "1"
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", features = ["macros", "rt"] }
"#;

/// The refund of the README, in a crate that has no `thiserror` and forbids what lints can forbid.
const SOURCE: &str = r#"
//! A server that stands alone.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]

use GUARD::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

struct Payments;

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Defect,
    Late,
    Goodwill,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Refund {
    refund_id: String,
    amount_cents: u64,
}

/// Issue a refund for a paid order.
#[guarded_tool(idempotent, max_amount = 50000, scope = "refunds"CRATE)]
async fn create_refund(
    payments: &Payments,
    effect: &Effect,
    /// Order to refund, such as `ord_8821`.
    order_id: String,
    /// Amount to refund, in cents.
    #[schemars(range(min = 1))]
    amount_cents: u64,
    /// Why the refund is issued.
    reason: Reason,
) -> Result<Refund, std::convert::Infallible> {
    let Payments = payments;
    let reason = match reason {
        Reason::Defect => "defect",
        Reason::Late => "late",
        Reason::Goodwill => "goodwill",
    };
    Ok(Refund { refund_id: format!("{order_id}-{reason}-{}", effect.key()), amount_cents })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), GUARD::Error> {
    let built = Guard::builder()
        .name("outside", "0.0.0")
        .provide(Payments)
        .store(SqliteStore::open("outside.db").await?)
        .identity(Caller::local("agent").with_scopes(["refunds"]))
        .tool::<create_refund>()
        .build();
    built.map(|_| println!("built"))?;
    Ok(())
}
"#;

/// Builds a crate of its own that depends on the workspace's `mcp-guard` under `dependency`, and
/// runs it.
fn build_and_run(name: &str, dependency: &str, import: &str, attribute: &str) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let guard = workspace.join("mcp-guard");
    let folder = TempDir::with_prefix("outside-").expect("a temporary folder");
    let manifest = MANIFEST
        .replace("NAME", name)
        .replace("GUARD", dependency)
        .replace("PATH", &guard.display().to_string());
    let source = SOURCE.replace("GUARD", import).replace("CRATE", attribute);
    fs::create_dir(folder.path().join("src")).expect("a folder");
    fs::write(folder.path().join("Cargo.toml"), manifest).expect("a manifest");
    fs::write(folder.path().join("src/main.rs"), source).expect("a source");
    // The versions are this workspace's, so that nothing is resolved or fetched anew.
    fs::copy(workspace.join("Cargo.lock"), folder.path().join("Cargo.lock")).expect("versions");

    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet"])
        .current_dir(folder.path())
        // One folder for both crates, and for the next run: what they depend on is built once.
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside"))
        .output()
        .expect("cargo starts");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {log}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "built\n", "{log}");
}

#[test]
fn a_crate_outside_the_workspace_needs_nothing_else() {
    build_and_run("plain", r#"mcp-guard = { path = "PATH" }"#, "mcp_guard", "");
}

#[test]
fn a_crate_may_rename_the_dependency() {
    let dependency = r#"guard = { package = "mcp-guard", path = "PATH" }"#;
    build_and_run("renamed", dependency, "guard", ", crate = guard");
}
