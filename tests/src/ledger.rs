//! The judge: a file outside the guard, with one line for each effect.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

/// One effect, as a tool's body wrote it down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The tool that acted.
    pub tool: String,
    /// The order that it acted on.
    pub order_id: String,
    /// The amount that it moved.
    pub amount_cents: u64,
    /// The downstream key that it was given.
    pub key: String,
}

/// An append-only file that several processes write to. An entry is on the disk before
/// [`append`](Ledger::append) returns.
#[derive(Debug, Clone)]
pub struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// The ledger at `path`, which need not exist.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Writes `entry` down and returns how many there are now.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&self, entry: &Entry) -> io::Result<usize> {
        let mut file = self.lock()?;
        let known = read(&mut file)?;
        write(&mut file, entry)?;
        Ok(known.len() + 1)
    }

    /// Writes `entry` down unless there is one with its key, as a backend does that deduplicates.
    /// Returns the position of the entry with that key, and whether it is new.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn append_once(&self, entry: &Entry) -> io::Result<(usize, bool)> {
        let mut file = self.lock()?;
        let known = read(&mut file)?;
        if let Some(position) = known.iter().position(|old| old.key == entry.key) {
            return Ok((position + 1, false));
        }
        write(&mut file, entry)?;
        Ok((known.len() + 1, true))
    }

    /// Every entry, oldest first.
    ///
    /// # Panics
    /// When the file is not a ledger: a test cannot go on without its judge.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().and_then(|mut file| read(&mut file)).expect("the ledger can be read")
    }

    /// Waits until there are `count` entries.
    ///
    /// # Panics
    /// When they do not come within ten seconds.
    pub async fn reaches(&self, count: usize) {
        let patience = Instant::now() + Duration::from_secs(10);
        while self.entries().len() < count {
            assert!(Instant::now() < patience, "the ledger never came to {count} entries");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn lock(&self) -> io::Result<File> {
        let file = OpenOptions::new().create(true).read(true).append(true).open(&self.path)?;
        file.lock()?;
        Ok(file)
    }
}

fn read(file: &mut File) -> io::Result<Vec<Entry>> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    text.lines().map(|line| serde_json::from_str(line).map_err(io::Error::from)).collect()
}

fn write(file: &mut File, entry: &Entry) -> io::Result<()> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_all()
}
