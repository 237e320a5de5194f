//! The tables, and how those of an earlier version become them.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{super::unavailable, cannot_open};
use crate::{clock::Clock, secret::DeploymentSecret, store::StoreError};

/// The version of the tables, in `user_version`.
const VERSION: i64 = 3;
/// Marks the file as ours (`application_id`): "mcpg".
const APPLICATION: i64 = 0x6d63_7067;

/// `forget_at` is when a record is forgotten: that of an ended one, and the lease's end of a
/// tentative one. Whatever time alone does not free has none.
const TABLES: &str = "
    CREATE TABLE mcp_guard_operation (
        operation    BLOB NOT NULL UNIQUE,
        principal    BLOB NOT NULL,
        tool         TEXT NOT NULL,
        fingerprint  BLOB NOT NULL,
        business     BLOB,
        arguments    BLOB,
        epoch        INTEGER NOT NULL,
        owner        BLOB NOT NULL,
        retaken      INTEGER NOT NULL,
        claimed_at   INTEGER NOT NULL,
        state        TEXT NOT NULL CHECK (state IN ('claimed', 'recorded', 'released', 'unknown')),
        lease_until  INTEGER,
        tentative    INTEGER,
        reply        BLOB,
        is_error     INTEGER,
        acted        INTEGER,
        since        INTEGER,
        ended_at     INTEGER,
        retain_until INTEGER,
        forget_at    INTEGER
    ) STRICT;
    CREATE INDEX mcp_guard_operation_forget_at ON mcp_guard_operation (forget_at)
        WHERE forget_at IS NOT NULL;
    CREATE INDEX mcp_guard_operation_retain_until ON mcp_guard_operation (retain_until)
        WHERE reply IS NOT NULL;
    -- The rules grant a business key to one operation at a time. Should they ever not, the file does.
    CREATE UNIQUE INDEX mcp_guard_operation_business ON mcp_guard_operation (business)
        WHERE business IS NOT NULL AND (state IN ('claimed', 'unknown') OR acted = 1);
    CREATE INDEX mcp_guard_operation_unresolved ON mcp_guard_operation (operation)
        WHERE state IN ('claimed', 'unknown');
    -- What counts, or has counted, against budgets.
    CREATE TABLE mcp_guard_reservation (
        operation    BLOB NOT NULL,
        place        INTEGER NOT NULL,
        meter        BLOB NOT NULL,
        amount       INTEGER NOT NULL,
        counts_for   INTEGER NOT NULL,
        counts_until INTEGER NOT NULL,
        PRIMARY KEY (operation, place)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX mcp_guard_reservation_sum ON mcp_guard_reservation (meter, counts_until, amount);
    CREATE TRIGGER mcp_guard_operation_forgotten AFTER DELETE ON mcp_guard_operation BEGIN
        DELETE FROM mcp_guard_reservation WHERE operation = OLD.operation;
    END;
";

/// Finds the claims that lapsed before anything was done: version 2 did not look for them.
const TENTATIVE_INDEX: &str = "
    CREATE INDEX mcp_guard_operation_tentative ON mcp_guard_operation (lease_until)
        WHERE tentative = 1;
";

const SECRET_TABLE: &str = "
    CREATE TABLE mcp_guard_secret (
        id    INTEGER PRIMARY KEY CHECK (id = 1),
        value BLOB NOT NULL
    ) STRICT;
";

const SET_ASIDE_1: &str = "
    DROP INDEX mcp_guard_operation_forget_at;
    DROP INDEX mcp_guard_operation_retain_until;
    ALTER TABLE mcp_guard_operation RENAME TO mcp_guard_operation_1;
";

/// Version 1 knew no principals, which matter for business keys alone, and it had none of those. What
/// it recorded as an error was a definite refusal, but for a result that was too large to keep. It
/// did not tell when an operation was claimed: the nearest time that it knew is taken, or now.
const COPY_1: &str = "
    INSERT INTO mcp_guard_operation
        (operation, principal, tool, fingerprint, epoch, owner, retaken, claimed_at, state,
         lease_until, tentative, reply, is_error, acted, since, ended_at, retain_until, forget_at)
    SELECT operation, zeroblob(32), tool, fingerprint, epoch, owner, epoch > 1,
           coalesce(ended_at, lease_until, ?1), state, lease_until,
           CASE state WHEN 'claimed' THEN 0 END,
           CAST(reply AS BLOB), is_error,
           CASE WHEN state <> 'recorded' THEN NULL
                WHEN is_error = 0 THEN 1
                WHEN json_valid(reply) THEN reply ->> '$.error.code' IS 'result_unavailable'
                ELSE 0 END,
           CASE state WHEN 'unknown' THEN ?1 END,
           ended_at, retain_until, forget_at
    FROM mcp_guard_operation_1
";

/// Makes the tables, or brings those of an earlier version up to date.
pub(super) fn make(
    connection: &mut Connection,
    path: &Path,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| unavailable(&error))?;
    let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = pragma("application_id").map_err(|error| cannot_open(path, &error))?;
    let version = pragma("user_version").map_err(|error| unavailable(&error))?;
    match (application, version) {
        (APPLICATION, VERSION) => return Ok(()),
        (APPLICATION, 1) => migrate_1(&transaction, clock)?,
        (APPLICATION, 2) => migrate_2(&transaction)?,
        (APPLICATION, other) => {
            return Err(StoreError::Unusable(format!(
                "{} has version {other} of the tables; this release knows {VERSION}",
                path.display()
            )));
        }
        _ => {
            refuse_foreign(&transaction, path, application, version)?;
            make_new(&transaction)?;
        }
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION)
        .and_then(|()| transaction.pragma_update(None, "user_version", VERSION))
        .and_then(|()| transaction.commit())
        .map_err(|error| unavailable(&error))
}

fn refuse_foreign(
    transaction: &Transaction<'_>,
    path: &Path,
    application: i64,
    version: i64,
) -> Result<(), StoreError> {
    let tables: i64 = transaction
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| unavailable(&error))?;
    if tables > 0 || application != 0 || version != 0 {
        return Err(StoreError::Unusable(format!(
            "{} belongs to another application: name a file of the store's own",
            path.display()
        )));
    }
    Ok(())
}

fn make_new(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let secret = DeploymentSecret::generate()?;
    transaction
        .execute_batch(TABLES)
        .and_then(|()| transaction.execute_batch(TENTATIVE_INDEX))
        .and_then(|()| transaction.execute_batch(SECRET_TABLE))
        .and_then(|()| {
            transaction.execute("INSERT INTO mcp_guard_secret VALUES (1, ?1)", [secret.expose()])
        })
        .map(drop)
        .map_err(|error| unavailable(&error))
}

fn migrate_1(transaction: &Transaction<'_>, clock: &dyn Clock) -> Result<(), StoreError> {
    let now = clock.now().ok_or(StoreError::NoClock)?;
    transaction
        .execute_batch(SET_ASIDE_1)
        .and_then(|()| transaction.execute_batch(TABLES))
        .and_then(|()| transaction.execute_batch(TENTATIVE_INDEX))
        .and_then(|()| transaction.execute(COPY_1, [now.as_millis()]))
        .and_then(|_| transaction.execute_batch("DROP TABLE mcp_guard_operation_1"))
        .map_err(|error| unavailable(&error))
}

fn migrate_2(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute_batch(TENTATIVE_INDEX).map_err(|error| unavailable(&error))
}
