//! What the operator says in the environment.

mod store;

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use mcp_guard::ConfigError;
pub(crate) use store::StorePlace;

/// The value of a variable; an empty one counts as missing.
///
/// # Errors
/// When the value is not Unicode.
pub(crate) fn text(name: &str) -> Result<Option<String>, ConfigError> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(ConfigError::new(format!("{name} is not Unicode text")))
        }
    }
}

/// The value of a variable that must be there; `what` says what it is.
///
/// # Errors
/// When it is missing, empty, or not Unicode.
pub(crate) fn required(name: &str, what: &str) -> Result<String, ConfigError> {
    text(name)?.ok_or_else(|| ConfigError::new(format!("{name} is not set: write {what}")))
}

/// A variable that is a number of milliseconds above 0.
///
/// # Errors
/// When it is something else.
pub(crate) fn millis(name: &str) -> Result<Option<Duration>, ConfigError> {
    let Some(written) = text(name)? else {
        return Ok(None);
    };
    match written.parse() {
        Ok(millis) if millis > 0 => Ok(Some(Duration::from_millis(millis))),
        _ => Err(ConfigError::new(format!(
            "{name} does not fit: write a number of milliseconds, such as {name}=5000"
        ))),
    }
}

/// The folder for what the person keeps: never the current one, as an MCP client starts its servers
/// in any.
///
/// # Errors
/// When there is no home folder.
pub(crate) fn data_folder() -> Result<PathBuf, ConfigError> {
    ["XDG_DATA_HOME", "LOCALAPPDATA"]
        .into_iter()
        .filter_map(env::var_os)
        .map(PathBuf::from)
        .find(|path| path.is_absolute())
        .or_else(|| Some(env::home_dir()?.join(".local").join("share")))
        .map(|folder| folder.join("mcp-guard-refunds"))
        .ok_or_else(|| {
            ConfigError::new(
                "REFUNDS_STORE is not set and there is no home folder: write the path of a file",
            )
        })
}

/// Makes the folder that a file is to be in.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_folder_of(path: &Path) -> Result<(), ConfigError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    fs::create_dir_all(folder).map_err(|error| {
        ConfigError::new(format!("the folder {} cannot be made: {error}", folder.display()))
    })
}

/// A new token that nobody can guess.
///
/// # Errors
/// When the system has no randomness to give.
pub(crate) fn new_token() -> Result<String, ConfigError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| ConfigError::new(format!("no token can be made: {error}")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
