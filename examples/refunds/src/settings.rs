//! What the operator says in the environment.

use std::{
    env,
    fmt::Display,
    path::{Path, PathBuf},
};

/// A variable that is missing or does not fit, with what to write.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {help}")]
pub(crate) struct SettingError {
    name: &'static str,
    help: String,
}

impl SettingError {
    /// An error about the variable `name`; `help` says what to write.
    pub(crate) fn new(name: &'static str, help: impl Display) -> Self {
        Self {
            name,
            help: help.to_string(),
        }
    }
}

/// The value of a variable; an empty one counts as missing.
///
/// # Errors
/// When the value is not Unicode.
pub(crate) fn text(name: &'static str) -> Result<Option<String>, SettingError> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(SettingError::new(name, "it is not Unicode text")),
    }
}

/// The value of a variable that must be there; `what` says what it is.
///
/// # Errors
/// When it is missing, empty, or not Unicode.
pub(crate) fn required(name: &'static str, what: &str) -> Result<String, SettingError> {
    text(name)?.ok_or_else(|| SettingError::new(name, format_args!("not set; write {what}")))
}

/// Where the guard keeps its records: `REFUNDS_STORE`, else `refunds.db` in the person's data
/// folder. Never the current folder: an MCP client starts its servers in any.
///
/// # Errors
/// When there is neither, or the path's folder cannot be made.
pub(crate) fn store_path() -> Result<PathBuf, SettingError> {
    const NAME: &str = "REFUNDS_STORE";
    let path = match env::var_os(NAME).filter(|path| !path.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => data_folder()
            .ok_or_else(|| SettingError::new(NAME, "there is no home folder; write a file's path"))?
            .join("mcp-guard")
            .join("refunds.db"),
    };
    make_folder_of(&path).map_err(|error| {
        SettingError::new(
            NAME,
            format_args!("the folder of {}: {error}", path.display()),
        )
    })?;
    Ok(path)
}

/// Makes the folder that a file is to be in.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_folder_of(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

fn data_folder() -> Option<PathBuf> {
    let named = ["XDG_DATA_HOME", "LOCALAPPDATA"]
        .into_iter()
        .filter_map(env::var_os)
        .map(PathBuf::from)
        .find(|path| path.is_absolute());
    named.or_else(|| Some(env::home_dir()?.join(".local").join("share")))
}
