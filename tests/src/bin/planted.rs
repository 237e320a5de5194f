//! Puts every bug of the list into a copy of the sources, and sees that each is noticed:
//! `planted [NAME]...`. Ends with 1 if one is not, or if something is noticed where no bug is on.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Output},
};

use guard_tests::planted::{Bug, Copy, Notice, PLANTED, bugs};
use mcp_guard::adversary::Attack;
use serde_json::Value;

/// After how many calls a bug must have been noticed.
const CALLS: &str = "1000000";
/// Within how many attacks of one kind a bug must have been noticed.
const ATTACKS: &str = "200";
/// How many calls must go well without a bug.
const CALLS_WITHOUT: &str = "200000";

fn main() -> ExitCode {
    let names: Vec<String> = env::args().skip(1).collect();
    match check_all(&names) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("planted: {error}");
            ExitCode::from(2)
        }
    }
}

/// Where the copy is built and run.
struct Field {
    copy: PathBuf,
    target: PathBuf,
}

/// What came of a bug.
struct Noticed {
    by: String,
    after: String,
}

fn check_all(names: &[String]) -> io::Result<bool> {
    if let Some(unknown) = names.iter().find(|name| !bugs().any(|bug| bug.name == **name)) {
        let known: Vec<_> = bugs().map(|bug| bug.name).collect();
        let message = format!("there is no bug `{unknown}`; there are: {}", known.join(", "));
        return Err(io::Error::other(message));
    }
    let field = Field::prepare()?;
    let mut all_is_well = field.is_sound_without_bugs()?;
    let wanted = |bug: &&Bug| names.is_empty() || names.iter().any(|name| name == bug.name);
    for bug in bugs().filter(wanted) {
        let noticed = field.notice(bug)?;
        all_is_well &= noticed.is_some();
        let Noticed { by, after } = noticed
            .unwrap_or_else(|| Noticed { by: "NOT NOTICED".into(), after: bug.wrong.into() });
        println!("{:<40} {by:<50} {after}", bug.name);
    }
    Ok(all_is_well)
}

impl Field {
    /// Makes the copy, and builds what notices bugs.
    fn prepare() -> io::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or_else(|| io::Error::other("this crate is not in a workspace"))?;
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let copy = Copy::make(root, &target.join("planted").join("workspace"))?;
        let field = Self { copy: copy.path().to_owned(), target };
        field.cargo(
            &[
                "build",
                "--release",
                "--package",
                "guard-tests",
                "--bin",
                "simulate-planted",
                "--bin",
                "attack-planted",
            ],
            "the simulation and the adversary with the bugs in it",
        )?;
        field.cargo(
            &["test", "--package", "mcp-guard", "--lib", "--no-run"],
            "the unit tests with the bugs in it",
        )?;
        Ok(field)
    }

    /// Runs cargo in the copy, which shares what is built with the workspace.
    fn cargo(&self, words: &[&str], what: &str) -> io::Result<()> {
        eprintln!("planted: building {what}");
        let built = Command::new(env!("CARGO"))
            .args(words)
            .arg("--quiet")
            .current_dir(&self.copy)
            .env("CARGO_TARGET_DIR", &self.target)
            .status()?;
        if built.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("{what} could not be built")))
    }

    /// Whether nothing is noticed where no bug is on.
    fn is_sound_without_bugs(&self) -> io::Result<bool> {
        let output = self.simulate("", CALLS_WITHOUT)?;
        if output.status.success() {
            println!("{:<40} {:<50} {CALLS_WITHOUT} calls", "(no bug)", "nothing, as it should be");
            return Ok(true);
        }
        println!("(no bug)\n{}", String::from_utf8_lossy(&output.stdout));
        Ok(false)
    }

    fn notice(&self, bug: &Bug) -> io::Result<Option<Noticed>> {
        match bug.noticed_by {
            Notice::Simulation => Ok(noticed(&self.simulate(bug.name, CALLS)?)),
            Notice::Adversary(attack) => self.attack(bug.name, attack),
            Notice::UnitTest(test) => {
                let passes = self.unit_test(test, "")?;
                let fails = !self.unit_test(test, bug.name)?;
                let by = format!("the unit test {}", test.rsplit("::").next().unwrap_or(test));
                Ok((passes && fails).then(|| Noticed { by, after: String::new() }))
            }
        }
    }

    fn simulate(&self, bug: &str, calls: &str) -> io::Result<Output> {
        Command::new(self.target.join("release").join("simulate-planted"))
            .args(["--calls", calls, "--stop-early"])
            .env(PLANTED, bug)
            .output()
    }

    /// Whether the attack lands where the bug is on, and does not where it is not.
    fn attack(&self, bug: &str, attack: Attack) -> io::Result<Option<Noticed>> {
        let lands = |bug: &str| {
            let output = Command::new(self.target.join("release").join("attack-planted"))
                .args(["--attacks", ATTACKS, "--benign", "0", "--only", attack.name(), "--json"])
                .env(PLANTED, bug)
                .output()?;
            match output.status.code() {
                Some(0 | 1) => {
                    let report: Value = serde_json::from_slice(&output.stdout)?;
                    Ok(report["landed"].as_array().is_some_and(|landed| !landed.is_empty()))
                }
                _ => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
            }
        };
        let noticed = lands(bug)? && !lands("")?;
        let by = format!("the adversary: {attack}");
        Ok(noticed.then(|| Noticed { by, after: format!("{ATTACKS} attacks") }))
    }

    fn unit_test(&self, test: &str, bug: &str) -> io::Result<bool> {
        let output = Command::new(env!("CARGO"))
            .args(["test", "--quiet", "--package", "mcp-guard", "--lib", "--", "--exact", test])
            .current_dir(&self.copy)
            .env("CARGO_TARGET_DIR", &self.target)
            .env(PLANTED, bug)
            .output()?;
        let told = String::from_utf8_lossy(&output.stdout);
        if told.contains("running 0 tests") {
            return Err(io::Error::other(format!("there is no unit test `{test}`")));
        }
        Ok(output.status.success())
    }
}

/// What the simulation noticed first, and after how many calls.
fn noticed(output: &Output) -> Option<Noticed> {
    let told = String::from_utf8_lossy(&output.stdout);
    if output.status.code() != Some(1) {
        return None;
    }
    let after = told.lines().find(|line| line.contains(" calls in "))?.trim();
    let by = told
        .lines()
        .skip_while(|line| !line.starts_with("episode "))
        .find_map(|line| line.strip_prefix("  ")?.split(": ").next())?;
    Some(Noticed { by: by.to_owned(), after: after.to_owned() })
}
