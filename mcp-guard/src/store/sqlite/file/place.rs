//! Whether an open file is still the one that its path names.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use crate::store::StoreError;

/// What SQLite keeps beside the file. Two processes exclude each other through all three.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// The file and its companions, as they were when it was opened.
///
/// A file that is moved or deleted stays open, while the next process makes another of the same
/// name: each would then grant the same operation.
pub(in crate::store::sqlite) struct Place {
    path: PathBuf,
    parts: Vec<(PathBuf, Identity)>,
}

impl Place {
    /// The place of a file that has just been opened.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let parts = PARTS.map(|part| {
            let path = beside(path, part);
            identity(&path).map(|identity| (path, identity))
        });
        let path = path.to_owned();
        Ok(Self { path, parts: parts.into_iter().collect::<io::Result<_>>()? })
    }

    /// What the file is called.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses a file that is no longer in its place.
    pub(in crate::store::sqlite) fn still_holds(&self) -> Result<(), StoreError> {
        match self.parts.iter().find(|(path, opened)| identity(path).ok() != Some(*opened)) {
            None => Ok(()),
            Some((path, _)) => Err(StoreError::Unusable(format!(
                "{} was moved, deleted or replaced while it was open: restart the server",
                path.display()
            ))),
        }
    }
}

fn beside(path: &Path, part: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(part);
    name.into()
}

/// Which file it is, whatever its name.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Elsewhere a file that is open cannot be moved or deleted.
#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(_: &Path) -> io::Result<Identity> {
    Ok(())
}
