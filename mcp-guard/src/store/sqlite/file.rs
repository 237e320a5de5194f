//! Opening the file: who may read it, how durable it is, which version it has.

mod place;
mod schema;

use std::{
    fs::OpenOptions,
    path::{Path, absolute},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

pub(super) use place::Place;
use rusqlite::{Connection, OpenFlags};

use super::unavailable;
use crate::{clock::Clock, store::StoreError};

/// Earlier releases may reset the write-ahead log wrongly and lose committed data.
const OLDEST_SQLITE: i32 = 3_051_003;
/// How often a connection looks again for a lock, before it says that it is busy: some six seconds
/// while the file is opened, then so little that those who wait can be told what they can be told.
const TRIES_TO_OPEN: i32 = 20_000;
const TRIES_TO_WRITE: i32 = 100;

/// Opens the file and makes it ready. The connection is good for as long as the file is in its place.
pub(super) fn open(path: &Path, clock: &dyn Clock) -> Result<(Connection, Place), StoreError> {
    let sqlite = rusqlite::version_number();
    if sqlite < OLDEST_SQLITE {
        return Err(StoreError::Unusable(format!(
            "SQLite {} may lose committed data; {OLDEST_SQLITE} or newer is needed: build rusqlite \
             with its `bundled` feature",
            rusqlite::version()
        )));
    }
    refuse_volatile(path)?;
    // The process may change its working directory.
    let path = &absolute(path).map_err(|error| cannot_open(path, &error))?;
    create(path)?;
    let mut connection = connect(path)?;
    schema::make(&mut connection, path, clock)?;
    let place = Place::of(path).map_err(|error| cannot_open(path, &error))?;
    wait_briefly(&mut connection)?;
    Ok((connection, place))
}

/// Another connection to the file, as durable as the first.
pub(super) fn open_another(place: &Place) -> Result<Connection, StoreError> {
    // Before it makes companions of its own, and once more for what happens meanwhile.
    place.still_holds()?;
    let mut connection = connect(place.path())?;
    wait_briefly(&mut connection)?;
    place.still_holds()?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(path, flags).map_err(|error| cannot_open(path, &error))?;
    connection
        .busy_handler(Some(|tries| wait_a_little(tries, TRIES_TO_OPEN)))
        .map_err(|error| unavailable(&error))?;
    let journal = make_durable(&connection).map_err(|error| cannot_open(path, &error))?;
    if journal != "wal" {
        return Err(StoreError::Unusable(format!(
            "{} cannot have a write-ahead log: name a file on a local disk",
            path.display()
        )));
    }
    Ok(connection)
}

fn refuse_volatile(path: &Path) -> Result<(), StoreError> {
    let text = path.to_string_lossy();
    if text.is_empty() || text == ":memory:" {
        return Err(StoreError::Unusable(
            "a store in memory forgets its claims when the process ends: name a file, or use \
             MemoryStore in tests"
                .into(),
        ));
    }
    if text.starts_with("file:") {
        return Err(StoreError::Unusable(
            "a `file:` URI can ask SQLite for a store in memory, or for one without locks: name \
             the file by its path"
                .into(),
        ));
    }
    Ok(())
}

fn create(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| cannot_open(path, &error))
}

/// Asks for durability. SQLite does not refuse a journal mode that it cannot have: it tells the one
/// that it has.
fn make_durable(connection: &Connection) -> rusqlite::Result<String> {
    // Switching to the write-ahead log may be refused, without asking the busy handler, while
    // another process is doing the same.
    let mut tries = 0;
    let journal = loop {
        let switched =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0));
        match switched {
            Ok(journal) => break journal,
            Err(_) if wait_a_little(tries, 2_000) => tries += 1,
            Err(error) => return Err(error),
        }
    };
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    Ok(journal)
}

fn wait_briefly(connection: &mut Connection) -> Result<(), StoreError> {
    connection
        .busy_handler(Some(|tries| wait_a_little(tries, TRIES_TO_WRITE)))
        .map_err(|error| unavailable(&error))
}

/// SQLite's own back-off starves waiters for up to a second. Short random waits share the file
/// evenly.
fn wait_a_little(tries: i32, most: i32) -> bool {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    thread::sleep(Duration::from_micros(u64::from(100 + nanos / 10 % 400)));
    tries < most
}

fn cannot_open(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}
