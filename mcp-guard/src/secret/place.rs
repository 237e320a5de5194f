//! Where the operator puts secrets: environment variables and files.

use std::{
    env,
    fs::{File, Metadata},
    io::Read as _,
    path::Path,
};

use zeroize::Zeroizing;

use super::Secret;
use crate::error::ConfigError;

/// The longest secret in a file, in bytes.
const MAX_BYTES: usize = 64 * 1024;

pub(super) fn in_env(name: &str) -> Result<Secret, ConfigError> {
    let wrong = |what: &str| ConfigError::new(format!("the secret in {name} {what}"));
    let text = env::var(name).map_err(|error| match error {
        env::VarError::NotPresent => wrong("is not set"),
        env::VarError::NotUnicode(_) => wrong("is not Unicode text"),
    })?;
    if text.is_empty() { Err(wrong("is empty")) } else { Ok(Secret::new(text)) }
}

pub(super) fn in_file(path: &Path) -> Result<Secret, ConfigError> {
    let wrong = |what: String| {
        ConfigError::new(format!("the secret in the file {}: {what}", path.display()))
    };
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    // Of the file that is open: another may take its name.
    let found = file.metadata().map_err(|error| wrong(error.to_string()))?;
    if let Some(mode) = open_to_others(&found) {
        return Err(wrong(format!(
            "others can read or write it (mode {mode:04o}): `chmod 600` it"
        )));
    }
    // Room for all of it: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES + 1));
    file.take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| wrong(error.to_string()))?;
    if bytes.len() > MAX_BYTES {
        return Err(wrong(format!("it is longer than {MAX_BYTES} bytes")));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("it is not UTF-8 text".into()))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() { Err(wrong("it is empty".into())) } else { Ok(Secret::new(text.into())) }
}

/// The mode of a file of one's own that others can read or write.
#[cfg(unix)]
fn open_to_others(found: &Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let is_own = found.uid() == rustix::process::geteuid().as_raw();
    let mode = found.mode() & 0o7777;
    (found.is_file() && is_own && mode & 0o077 != 0).then_some(mode)
}

/// Access is not told by a mode here.
#[cfg(not(unix))]
fn open_to_others(_: &Metadata) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn written(bytes: &[u8], mode: u32) -> Result<String, String> {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("secret");
        fs::write(&path, bytes).expect("written");
        set_mode(&path, mode);
        in_file(&path).map(|secret| secret.expose().to_owned()).map_err(|error| error.to_string())
    }

    #[cfg(unix)]
    fn set_mode(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    }

    #[cfg(not(unix))]
    fn set_mode(_: &Path, _: u32) {}

    #[test]
    fn a_file_is_taken_without_its_last_line_break() {
        for bytes in [&b"hunter2"[..], b"hunter2\n", b"hunter2\r\n"] {
            assert_eq!(written(bytes, 0o600).as_deref(), Ok("hunter2"));
        }
        assert_eq!(written(b" two\nlines \n\n", 0o400).as_deref(), Ok(" two\nlines \n"));
    }

    #[test]
    fn what_is_no_secret_is_refused_without_being_quoted() {
        let long = vec![b'x'; 64 * 1024 + 1];
        for (bytes, said) in [
            (&b""[..], "it is empty"),
            (b"\n", "it is empty"),
            (b"hunter2\xff", "it is not UTF-8 text"),
            (&long, "it is longer than 65536 bytes"),
        ] {
            let error = written(bytes, 0o600).expect_err("no secret");
            assert!(error.ends_with(said) && !error.contains("hunter2"), "{error}");
        }
        assert_eq!(written(&long[1..], 0o600).map(|text| text.len()), Ok(64 * 1024));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_of_ones_own_is_closed_to_others() {
        for mode in [0o640, 0o604, 0o620, 0o602, 0o644, 0o777] {
            let error = written(b"hunter2", mode).expect_err("open to others");
            assert!(error.contains("`chmod 600` it"), "{mode:o}: {error}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = in_file(Path::new("/nowhere/token")).err().expect("no file").to_string();
        assert!(error.contains("/nowhere/token"), "{error}");
        let error = in_env("MCP_GUARD_NOT_SET_ANYWHERE").err().expect("not set").to_string();
        assert_eq!(error, "the secret in MCP_GUARD_NOT_SET_ANYWHERE is not set");
    }
}
