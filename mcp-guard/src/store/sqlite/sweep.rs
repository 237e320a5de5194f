//! Dropping what need no longer be kept.

use rusqlite::Connection;

use super::unavailable;
use crate::{clock::Timestamp, store::StoreError};

/// Drops bodies that can no longer be replayed, and records that need not be remembered: ended ones,
/// and tentative ones that lapsed. What may have been done has no `forget_at` and stays, and so does
/// what it holds of budgets. Says whether there may be more to drop than fits into one batch.
pub(super) fn sweep(
    connection: &Connection,
    now: Timestamp,
    batch: u32,
) -> Result<bool, StoreError> {
    let drop_some = |statement| {
        let dropped = connection.execute(statement, (now.as_millis(), batch))?;
        Ok(u32::try_from(dropped).is_ok_and(|dropped| dropped >= batch))
    };
    // A record's reservations go with it, by a trigger: it is kept for as long as they count.
    let dropped: rusqlite::Result<Vec<bool>> = [
        "DELETE FROM mcp_guard_operation WHERE rowid IN
             (SELECT rowid FROM mcp_guard_operation WHERE forget_at <= ?1 LIMIT ?2)",
        "UPDATE mcp_guard_operation SET reply = NULL WHERE rowid IN
             (SELECT rowid FROM mcp_guard_operation
              WHERE retain_until <= ?1 AND reply IS NOT NULL LIMIT ?2)",
    ]
    .into_iter()
    .map(drop_some)
    .collect();
    dropped.map(|full| full.contains(&true)).map_err(|error| unavailable(&error))
}
