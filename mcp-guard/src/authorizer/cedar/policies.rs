//! The policies: where they come from, and whether they fit the tools.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cedar_policy::{PolicyId, PolicySet, Schema, ValidationMode, Validator};

/// Where policies come from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Text(String),
    /// A file, or the `*.cedar` files of a folder.
    Files(PathBuf),
}

/// A text of policies, and the file's name where it comes from one.
struct Source {
    file: Option<String>,
    text: String,
}

impl Origin {
    /// The policies, all of which fit the schema, or everything that is wrong with them.
    pub(super) fn read(&self, schema: &Schema) -> Result<PolicySet, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut policies = PolicySet::new();
        for source in self.sources().map_err(|mistake| vec![mistake])? {
            source.add_to(&mut policies, &mut mistakes);
        }
        validate(&policies, schema, &mut mistakes);
        if mistakes.is_empty() { Ok(policies) } else { Err(mistakes) }
    }

    fn sources(&self) -> Result<Vec<Source>, String> {
        let path = match self {
            Self::Text(text) => return Ok(vec![Source { file: None, text: text.clone() }]),
            Self::Files(path) => path,
        };
        let unreadable = |error: io::Error| {
            format!("the policies in `{}` cannot be read: {error}", path.display())
        };
        let files = files(path).map_err(unreadable)?;
        if files.is_empty() {
            return Err(format!("there is no `*.cedar` file in `{}`", path.display()));
        }
        files.iter().map(|file| Source::read(file)).collect::<Result<_, _>>().map_err(unreadable)
    }
}

/// The file, or a folder's files in the order of their names.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "cedar"));
    files.sort_unstable();
    Ok(files)
}

impl Source {
    fn read(path: &Path) -> io::Result<Self> {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self { file, text: fs::read_to_string(path)? })
    }

    /// What tells this source's policies from another's.
    fn named(&self, text: &str) -> String {
        match &self.file {
            Some(file) => format!("{file}: {text}"),
            None => text.to_owned(),
        }
    }

    fn add_to(&self, policies: &mut PolicySet, mistakes: &mut Vec<String>) {
        let parsed: PolicySet = match self.text.parse() {
            Ok(parsed) => parsed,
            Err(errors) => {
                let errors: cedar_policy::ParseErrors = errors;
                mistakes.extend(errors.iter().map(|error| self.named(&error.to_string())));
                return;
            }
        };
        for template in parsed.templates() {
            mistakes.push(self.named(&format!(
                "`{}` is a template, which nothing links: write a policy",
                template.id()
            )));
        }
        for policy in parsed.policies() {
            let id = PolicyId::new(self.named(policy.id().as_ref()));
            if let Err(error) = policies.add(policy.new_id(id)) {
                mistakes.push(error.to_string());
            }
        }
    }
}

/// Everything in them that names what is not there, or compares what cannot be compared.
fn validate(policies: &PolicySet, schema: &Schema, mistakes: &mut Vec<String>) {
    let validated = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    let earlier = mistakes.len();
    mistakes.extend(validated.validation_errors().map(|error| {
        let (policy, said) = (error.policy_id(), error.to_string());
        // Not every message says which policy it is about.
        let named = format!("for policy `{policy}`, ");
        if said.starts_with(&named) { said } else { named + &said }
    }));
    mistakes[earlier..].sort_unstable();
    for warning in validated.validation_warnings() {
        tracing::warn!(target: "mcp_guard", %warning, "a policy is doubtful");
    }
}

/// A policy as a person knows it: by its `@id`, or by its place.
pub(super) fn described(policies: &PolicySet, id: &PolicyId) -> String {
    policies.annotation(id, "id").unwrap_or(id.as_ref()).to_owned()
}
