//! Running the suite, and what it says.

use std::{fmt, fs, io, path::Path, process::Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::clients::node;

/// A revision of the protocol, and what the suite has for it.
#[derive(Debug, Clone, Copy)]
pub struct Revision {
    /// Its date.
    pub version: &'static str,
    /// How many scenarios there are for it: a suite that ran fewer has shown less.
    pub scenarios: usize,
}

/// What is run.
pub const REVISIONS: [Revision; 2] = [
    Revision { version: "2025-11-25", scenarios: 33 },
    Revision { version: "2026-07-28", scenarios: 50 },
];

/// What the suite said of a server.
#[derive(Debug)]
pub struct Report {
    revision: Revision,
    passed: Vec<String>,
    failed: Vec<String>,
    trouble: String,
}

impl Revision {
    /// Runs the suite, which is in this folder of clients, against a server.
    ///
    /// # Errors
    /// When it cannot be run.
    pub async fn run(self, clients: &Path, url: &str) -> io::Result<Report> {
        let suite = clients.join("node_modules/@modelcontextprotocol/conformance/dist/index.js");
        let folder = TempDir::with_prefix("conformance-")?;
        let output = Command::new(node(clients))
            .arg(suite)
            .args(["server", "--url", url, "--requirements", self.version, "--output-dir"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stdout);
        let log = String::from_utf8_lossy(&output.stderr);
        let mut report = Report::read(self, &said);
        if !report.is_complete() {
            report.trouble = format!("{log}\n{}", trouble(folder.path())?);
        }
        Ok(report)
    }
}

/// The checks that failed, as the suite has written them down, in a folder for each scenario.
fn trouble(folder: &Path) -> io::Result<String> {
    let mut trouble = Vec::new();
    for scenario in fs::read_dir(folder)? {
        let Ok(checks) = fs::read(scenario?.path().join("checks.json")) else { continue };
        let checks: Vec<Value> = serde_json::from_slice(&checks)?;
        let failed = checks.iter().filter(|check| check["status"] == "FAILURE");
        trouble.extend(failed.map(|check| format!("{check:#}")));
    }
    Ok(trouble.join("\n"))
}

impl Report {
    /// Reads the summary: a line for each scenario, that begins with a tick or a cross.
    fn read(revision: Revision, said: &str) -> Self {
        let summary = said.split_once("=== SUMMARY ===").map_or("", |(_, summary)| summary);
        let scenarios = summary.split("\nTotal:").next().unwrap_or_default();
        let of = |mark: char| {
            let lines = scenarios.lines().filter_map(move |line| line.strip_prefix(mark));
            lines.filter_map(|line| line.trim().split(':').next()).map(str::to_owned).collect()
        };
        Self { revision, passed: of('✓'), failed: of('✗'), trouble: String::new() }
    }

    /// Whether every scenario passed, and none is missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.passed.len() == self.revision.scenarios
    }

    /// What is known of the failures.
    #[must_use]
    pub fn trouble(&self) -> &str {
        &self.trouble
    }
}

/// `2025-11-25  33/33`, and the scenarios that failed.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Revision { version, scenarios } = self.revision;
        write!(f, "{version}  {}/{scenarios}", self.passed.len())?;
        self.failed.iter().try_for_each(|scenario| write!(f, "\n  failed: {scenario}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Revision = Revision { version: "2026-07-28", scenarios: 2 };

    fn read(summary: &str) -> Report {
        Report::read(TWO, &format!("…\n=== SUMMARY ===\n{summary}"))
    }

    #[test]
    fn all_of_them_must_have_passed() {
        let report = read("✓ ping: 2 passed, 0 failed\n✓ caching: 8 passed, 0 failed\n\nTotal: 10");
        assert!(report.is_complete());
        assert_eq!(report.to_string(), "2026-07-28  2/2");
    }

    #[test]
    fn a_failure_is_one_and_so_is_a_scenario_that_was_not_run() {
        let failed = read("✓ ping: 2 passed, 0 failed\n✗ caching: 7 passed, 1 failed\n\nTotal: 9");
        assert!(!failed.is_complete());
        assert_eq!(failed.to_string(), "2026-07-28  1/2\n  failed: caching");
        assert!(!read("✓ ping: 2 passed, 0 failed\n\nTotal: 2").is_complete());
        assert!(!Report::read(TWO, "nothing was run").is_complete());
    }
}
