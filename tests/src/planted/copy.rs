//! The copy of the sources, with every bug in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Bug, bugs};

/// The variable that names the bug which is on.
pub const PLANTED: &str = "GUARD_PLANTED";

/// What the copy's runtime asks.
const SWITCH: &str = r#"
/// Whether this bug is on.
pub(crate) fn planted(bug: &str) -> bool {
    static ON: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    ON.get_or_init(|| std::env::var("GUARD_PLANTED").ok()).as_deref() == Some(bug)
}
"#;

/// The binaries that notice bugs, and what they are called in the copy, so that they do not take the
/// place of the right ones.
const RENAMED: [[&str; 2]; 2] = [
    ["name = \"simulate\"", "name = \"simulate-planted\""],
    ["name = \"attack\"", "name = \"attack-planted\""],
];

/// The version of the workspace's crates, which is another one in the copy. To cargo, crates of one
/// name and version are the same in every workspace that shares its folder of what is built: it would
/// go on with those of the copy, bugs and all.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A text that is not in the sources, or not once: the list of bugs has to follow them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{bug}: {file} has the text to replace {times} times, not once")]
pub struct Rotten {
    bug: &'static str,
    file: &'static str,
    times: usize,
}

/// A workspace with every bug in it.
#[derive(Debug)]
pub struct Copy(PathBuf);

impl Copy {
    /// Copies the workspace at `root` to `place`, and plants the bugs. Files that are as they were
    /// keep their times, so that little is built again.
    ///
    /// # Errors
    /// When the sources cannot be read or written, or a text is not there once.
    pub fn make(root: &Path, place: &Path) -> io::Result<Self> {
        let files = tracked(root)?;
        let mut planted = plant(&|file| fs::read_to_string(root.join(file)))?;
        let crate_root = "mcp-guard/src/lib.rs";
        let text = fs::read_to_string(root.join(crate_root))?;
        planted.insert(crate_root, text + SWITCH);
        let manifest = "tests/Cargo.toml";
        let text = fs::read_to_string(root.join(manifest))?;
        let renamed = RENAMED.iter().fold(text, |text, [from, to]| text.replacen(from, to, 1));
        planted.insert(manifest, renamed);
        let manifest = "Cargo.toml";
        let text = fs::read_to_string(root.join(manifest))?;
        planted.insert(manifest, of_another_version(&text));
        for file in &files {
            let content = match planted.get(file.as_str()) {
                Some(text) => text.clone().into_bytes(),
                None => fs::read(root.join(file))?,
            };
            write_if_changed(&place.join(file), &content)?;
        }
        let kept = files.iter().map(|file| place.join(file)).collect();
        remove_all_but(&kept, place)?;
        Ok(Self(place.to_owned()))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// Removes what an earlier copy left in this folder: a file that has moved would be there twice.
fn remove_all_but(kept: &BTreeSet<PathBuf>, folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_all_but(kept, &path)?;
        } else if !kept.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn of_another_version(manifest: &str) -> String {
    ["", "="].iter().fold(manifest.to_owned(), |text, exactly| {
        let (here, there) =
            (format!("\"{exactly}{VERSION}\""), format!("\"{exactly}{VERSION}-planted\""));
        text.replace(&here, &there)
    })
}

/// The texts of the files in which there are bugs, with all of them.
///
/// # Errors
/// When a file cannot be read, or a text to replace is not there exactly once.
pub fn plant(
    read: &dyn Fn(&str) -> io::Result<String>,
) -> io::Result<BTreeMap<&'static str, String>> {
    let mut planted = BTreeMap::new();
    for bug in bugs() {
        for edit in bug.edits {
            let original = read(edit.file)?;
            let text = planted.entry(edit.file).or_insert_with(|| original.clone());
            once(bug, edit.file, edit.find, &original)?;
            once(bug, edit.file, edit.find, text)?;
            *text = text.replacen(edit.find, edit.replace, 1);
        }
    }
    Ok(planted)
}

fn once(bug: &Bug, file: &'static str, find: &str, text: &str) -> io::Result<()> {
    match text.matches(find).count() {
        1 => Ok(()),
        times => Err(io::Error::other(Rotten { bug: bug.name, file, times })),
    }
}

/// The files of the workspace, committed or not, that are not ignored.
fn tracked(root: &Path) -> io::Result<Vec<String>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"])
        .current_dir(root)
        .output()?;
    if !listed.status.success() {
        return Err(io::Error::other("`git ls-files` failed: run this in a checkout"));
    }
    let files = String::from_utf8_lossy(&listed.stdout);
    Ok(files
        .split('\0')
        .filter(|file| !file.is_empty() && root.join(file).is_file())
        .map(str::to_owned)
        .collect())
}

fn write_if_changed(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|had| had == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content)
}
