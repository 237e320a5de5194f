//! The committed file: reading it, comparing with it, accepting a change.

use std::{env, fs, io::ErrorKind, path::Path, str::FromStr};

use serde::Deserialize;

use super::{Manifest, VERSION};
use crate::error::ConfigError;

/// How a person accepts what has changed.
const ACCEPT: &str = "MCP_GUARD_ACCEPT";

/// From JSON.
impl FromStr for Manifest {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let unreadable = |error: serde_json::Error| {
            ConfigError::new(format!("it is no manifest of version {VERSION}: {error}"))
        };
        let Versioned { version } = serde_json::from_str(text).map_err(unreadable)?;
        if version != VERSION {
            return Err(ConfigError::new(format!(
                "it is a manifest of version {version}, and this one reads version {VERSION}"
            )));
        }
        serde_json::from_str(text).map_err(unreadable)
    }
}

impl Manifest {
    /// The manifest in a file.
    ///
    /// # Errors
    /// When there is none, or it is not of this version.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => ConfigError::new(format!(
                "there is no manifest at {}: create it with `{ACCEPT}=1 cargo test`, review it and \
                 commit it",
                path.display()
            )),
            _ => ConfigError::new(format!("{} cannot be read: {error}", path.display())),
        })?;
        text.parse().map_err(|error| ConfigError::new(format!("{}: {error}", path.display())))
    }

    /// For a test: fails when this guard allows something that the committed manifest at `path` did
    /// not, or when something changed that only a person can judge. Tightening passes.
    ///
    /// A relative path begins at the package's root. With `MCP_GUARD_ACCEPT=1` in the environment it
    /// writes the file instead, for a person to review and commit; never where `CI` is set.
    ///
    /// # Panics
    /// When it fails: with everything that has loosened, a sentence each, and how to accept it. Also
    /// when the file is missing or unreadable.
    #[track_caller]
    pub fn assert_not_loosened(&self, path: impl AsRef<Path>) {
        let set = |name| env::var(name).is_ok_and(|value| !matches!(&*value, "" | "0" | "false"));
        let held = if set(ACCEPT) {
            self.accept(path.as_ref(), set("CI"))
        } else {
            self.hold_against(path.as_ref())
        };
        if let Err(error) = held {
            panic!("{error}");
        }
    }

    fn accept(&self, path: &Path, in_ci: bool) -> Result<(), ConfigError> {
        if in_ci {
            return Err(ConfigError::new(format!(
                "`{ACCEPT}` is set, and so is `CI`: a person accepts what a policy allows"
            )));
        }
        fs::write(path, self.to_string()).map_err(|error| {
            ConfigError::new(format!("{} cannot be written: {error}", path.display()))
        })
    }

    fn hold_against(&self, path: &Path) -> Result<(), ConfigError> {
        let loosened = self.loosened_since(&Self::read(path)?);
        if loosened.is_empty() {
            return Ok(());
        }
        let list: Vec<_> = loosened.iter().map(|loosening| format!("  - {loosening}\n")).collect();
        Err(ConfigError::new(format!(
            "the policy has loosened against {}:\n{}If that is meant, accept it with \
             `{ACCEPT}=1 cargo test`, have the difference reviewed and commit it.",
            path.display(),
            list.concat()
        )))
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::{
        guard::Guard,
        rate::{Quota, Rates},
        tool::*,
    };

    /// A tool without a function.
    enum Look {}

    impl Tool for Look {
        const SPEC: ToolSpec = ToolSpec {
            name: "look",
            title: None,
            description: "Look.",
            access: Access::Scopes(&["look"]),
            authorizes: false,
            effect: EffectClass::ReadOnly,
            limits: &[],
            budgets: &[],
            redactions: &[],
            restrictions: &[],
            timeout: None,
            destructive: false,
            open_world: false,
        };
        type Arguments = Nothing;
        type Return = Result<(), std::convert::Infallible>;

        fn requires() -> Vec<Requirement> {
            Vec::new()
        }

        fn measure(_: &Nothing) -> Vec<Measurement> {
            Vec::new()
        }

        async fn run(_: Provided<'_>, _: Nothing) -> Self::Return {
            Ok(())
        }
    }

    #[derive(serde::Deserialize, schemars::JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    /// The manifest of a guard that lets so many calls through in a minute.
    fn manifest(calls: u32) -> Manifest {
        let rates = Rates::new().per_caller(Quota::per_minute(calls));
        Guard::builder().tool::<Look>().rates(rates).build().expect("a guard").manifest()
    }

    #[test]
    fn only_what_a_person_has_accepted_is_accepted() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("policy.json");
        let said = |held: Result<(), ConfigError>| held.expect_err("held").to_string();

        let missing = said(manifest(10).hold_against(&path));
        assert!(missing.contains("create it with `MCP_GUARD_ACCEPT=1 cargo test`"), "{missing}");
        assert!(said(manifest(10).accept(&path, true)).contains("`CI`"));
        assert!(!path.exists(), "nothing is accepted in CI");

        manifest(10).accept(&path, false).expect("accepted");
        for calls in [10, 9] {
            assert_eq!(manifest(calls).hold_against(&path), Ok(()));
        }
        let looser = said(manifest(11).hold_against(&path));
        for part in ["from 10 in 1m to 11 in 1m", "MCP_GUARD_ACCEPT=1", "policy.json"] {
            assert!(looser.contains(part), "{looser}");
        }
        let written = manifest(10).to_string().replace("\"version\": 1", "\"version\": 9");
        fs::write(&path, written).expect("written");
        assert!(said(manifest(10).hold_against(&path)).contains("of version 9"));
    }

    #[test]
    #[should_panic(expected = "there is no manifest at")]
    fn a_test_without_its_file_fails() {
        manifest(10).assert_not_loosened("/nowhere/policy.json");
    }
}
