//! Opening the file: who may read it, how durable it is, which version it has.

mod place;

use std::{
    fs::OpenOptions,
    path::{Path, absolute},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

pub(super) use place::Place;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::unavailable;
use crate::{secret::DeploymentSecret, store::StoreError};

/// The version of the tables, in `user_version`.
const VERSION: i64 = 1;
/// Marks the file as ours (`application_id`): "mcpg".
const APPLICATION: i64 = 0x6d63_7067;
/// Earlier releases may reset the write-ahead log wrongly and lose committed data.
const OLDEST_SQLITE: i32 = 3_051_003;

const TABLES: &str = "
    CREATE TABLE mcp_guard_operation (
        operation    BLOB NOT NULL UNIQUE,
        tool         TEXT NOT NULL,
        fingerprint  BLOB NOT NULL,
        epoch        INTEGER NOT NULL,
        owner        BLOB NOT NULL,
        state        TEXT NOT NULL CHECK (state IN ('claimed', 'recorded', 'released', 'unknown')),
        lease_until  INTEGER,
        reply        TEXT,
        is_error     INTEGER,
        ended_at     INTEGER,
        retain_until INTEGER,
        forget_at    INTEGER
    ) STRICT;
    CREATE INDEX mcp_guard_operation_forget_at ON mcp_guard_operation (forget_at)
        WHERE forget_at IS NOT NULL;
    CREATE INDEX mcp_guard_operation_retain_until ON mcp_guard_operation (retain_until)
        WHERE reply IS NOT NULL;
    CREATE TABLE mcp_guard_secret (
        id    INTEGER PRIMARY KEY CHECK (id = 1),
        value BLOB NOT NULL
    ) STRICT;
";

/// Opens the file and makes it ready. The connection is good for as long as the file is in its place.
pub(super) fn open(path: &Path) -> Result<(Connection, Place), StoreError> {
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
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(path, flags).map_err(|error| cannot_open(path, &error))?;
    connection.busy_handler(Some(wait_a_little)).map_err(|error| unavailable(&error))?;
    let journal = make_durable(&connection).map_err(|error| cannot_open(path, &error))?;
    if journal != "wal" {
        return Err(StoreError::Unusable(format!(
            "{} cannot have a write-ahead log: name a file on a local disk",
            path.display()
        )));
    }
    make_tables(&mut connection, path)?;
    let place = Place::of(path).map_err(|error| cannot_open(path, &error))?;
    Ok((connection, place))
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
            Err(_) if tries < 2_000 && wait_a_little(tries) => tries += 1,
            Err(error) => return Err(error),
        }
    };
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    Ok(journal)
}

fn make_tables(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| unavailable(&error))?;
    let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = pragma("application_id").map_err(|error| cannot_open(path, &error))?;
    let version = pragma("user_version").map_err(|error| unavailable(&error))?;
    match (application, version) {
        (APPLICATION, VERSION) => return Ok(()),
        (APPLICATION, newer) => {
            return Err(StoreError::Unusable(format!(
                "{} has version {newer} of the tables; this release knows {VERSION}",
                path.display()
            )));
        }
        _ => {}
    }
    let tables: i64 = transaction
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| unavailable(&error))?;
    if tables > 0 || application != 0 || version != 0 {
        return Err(StoreError::Unusable(format!(
            "{} belongs to another application: name a file of the store's own",
            path.display()
        )));
    }
    let secret = DeploymentSecret::generate()?;
    transaction
        .execute_batch(TABLES)
        .and_then(|()| {
            transaction.execute("INSERT INTO mcp_guard_secret VALUES (1, ?1)", [secret.expose()])
        })
        .and_then(|_| transaction.pragma_update(None, "application_id", APPLICATION))
        .and_then(|()| transaction.pragma_update(None, "user_version", VERSION))
        .and_then(|()| transaction.commit())
        .map_err(|error| unavailable(&error))
}

/// SQLite's own back-off starves waiters for up to a second. Short random waits share the file
/// evenly; after some six seconds it is given up.
fn wait_a_little(tries: i32) -> bool {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    thread::sleep(Duration::from_micros(u64::from(100 + nanos / 10 % 400)));
    tries < 20_000
}

fn cannot_open(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}
