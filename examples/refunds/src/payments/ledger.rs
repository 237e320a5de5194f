//! What was paid and what was paid back: the one truth about money, in an `SQLite` file.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{
    Connection, OptionalExtension, Result, Row, Transaction, TransactionBehavior, params,
};

use super::{Cause, DELIVERY_FEE_CENTS, NewRefund, PaidOrder, Refund, Refusal};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS orders (
        order_id        TEXT PRIMARY KEY,
        total_cents     INTEGER NOT NULL CHECK (total_cents > 0)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS refunds (
        number          INTEGER PRIMARY KEY AUTOINCREMENT,
        order_id        TEXT NOT NULL REFERENCES orders (order_id),
        amount_cents    INTEGER NOT NULL CHECK (amount_cents > 0),
        reason          TEXT NOT NULL,
        idempotency_key TEXT UNIQUE,
        made_at         TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
    ) STRICT;
    CREATE INDEX IF NOT EXISTS refunds_by_order ON refunds (order_id);
    CREATE TABLE IF NOT EXISTS deposits (
        order_id        TEXT PRIMARY KEY REFERENCES orders (order_id),
        amount_cents    INTEGER NOT NULL CHECK (amount_cents > 0)
    ) STRICT;";

/// Orders and refunds. Several processes may hold one file.
pub(crate) struct Ledger(Mutex<Connection>);

/// How often money was paid out, and how much it is together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) payouts: u64,
    pub(crate) cents: u64,
}

/// What became of a request to refund.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Booking {
    /// The money went out now.
    Made(Refund),
    /// It went out before, under the same key: this is the first answer again.
    Repeated(Refund),
    /// Nothing was done.
    Refused(Refusal),
}

impl Ledger {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// When the file cannot be opened or is not a ledger.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        // A refund that was answered must outlive a power cut, hence FULL.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        )?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Adds paid orders. One that is there already stays as it is.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn add_orders(&self, orders: &[(&str, u64)]) -> Result<()> {
        self.add(
            "INSERT INTO orders (order_id, total_cents) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            orders,
        )
    }

    /// Adds what customers deposited with orders. A deposit that is there already stays as it is.
    ///
    /// # Errors
    /// When there is no such order, or the file cannot be written.
    pub(crate) fn add_deposits(&self, deposits: &[(&str, u64)]) -> Result<()> {
        self.add(
            "INSERT INTO deposits (order_id, amount_cents) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            deposits,
        )
    }

    fn add(&self, insert: &str, rows: &[(&str, u64)]) -> Result<()> {
        let mut connection = self.connection();
        let write = begin(&mut connection)?;
        for (order_id, cents) in rows {
            write.execute(insert, params![order_id, to_sql(*cents)])?;
        }
        write.commit()
    }

    /// How much was paid back in all.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn totals(&self) -> Result<Totals> {
        self.connection().query_row(
            "SELECT COUNT(*), COALESCE(SUM(amount_cents), 0) FROM refunds",
            [],
            |row| Ok(Totals { payouts: from_sql(row, 0)?, cents: from_sql(row, 1)? }),
        )
    }

    /// The order and the cents of each payout, oldest first, without the first `since`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn payouts(&self, since: usize) -> Result<Vec<(String, u64)>> {
        let connection = self.connection();
        let mut query = connection.prepare_cached(
            "SELECT order_id, amount_cents FROM refunds ORDER BY number LIMIT -1 OFFSET ?1",
        )?;
        let since = i64::try_from(since).unwrap_or(i64::MAX);
        query.query_map([since], |row| Ok((row.get(0)?, from_sql(row, 1)?)))?.collect()
    }

    /// What was paid back under a key, so far.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn find(&self, key: &str) -> Result<Option<Refund>> {
        Ok(find_by_key(&self.connection(), key)?.map(|booked| booked.refund))
    }

    /// The order of that number.
    pub(super) fn order(&self, order_id: &str) -> Result<Option<PaidOrder>> {
        find_order(&self.connection(), order_id)
    }

    /// Pays back, once for each key. Without a key every request pays back.
    pub(super) fn refund(&self, request: &NewRefund, key: Option<&str>) -> Result<Booking> {
        let mut connection = self.connection();
        let write = begin(&mut connection)?;
        if let Some(key) = key
            && let Some(first) = find_by_key(&write, key)?
        {
            return Ok(first.answer_to(request));
        }
        if let Some(refusal) = refusal(&write, request)? {
            return Ok(Booking::Refused(refusal));
        }
        write.execute(
            "INSERT INTO refunds (order_id, amount_cents, reason, idempotency_key)
             VALUES (?1, ?2, ?3, ?4)",
            params![request.order_id, to_sql(request.amount_cents), request.reason.as_str(), key],
        )?;
        let refund = Refund {
            refund_id: refund_id(write.last_insert_rowid()),
            amount_cents: request.amount_cents,
        };
        write.commit()?;
        Ok(Booking::Made(refund))
    }

    /// A panic while the lock was held rolled its transaction back, so the connection is sound.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the write lock at once: reading first and writing later could let two processes both
/// find that enough is left.
fn begin(connection: &mut Connection) -> Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// A request that was honoured, with the refund that it led to.
struct Booked {
    order_id: String,
    reason: String,
    refund: Refund,
}

impl Booked {
    fn answer_to(self, request: &NewRefund) -> Booking {
        let same = self.order_id == request.order_id
            && self.refund.amount_cents == request.amount_cents
            && self.reason == request.reason.as_str();
        if same {
            Booking::Repeated(self.refund)
        } else {
            Booking::Refused(Refusal::IdempotencyKeyReused)
        }
    }
}

fn find_by_key(connection: &Connection, key: &str) -> Result<Option<Booked>> {
    connection
        .query_row(
            "SELECT number, order_id, amount_cents, reason FROM refunds
             WHERE idempotency_key = ?1",
            [key],
            |row| {
                Ok(Booked {
                    order_id: row.get(1)?,
                    reason: row.get(3)?,
                    refund: Refund {
                        refund_id: refund_id(row.get(0)?),
                        amount_cents: from_sql(row, 2)?,
                    },
                })
            },
        )
        .optional()
}

fn find_order(connection: &Connection, order_id: &str) -> Result<Option<PaidOrder>> {
    connection
        .query_row(
            "SELECT order_id, total_cents,
                    (SELECT COALESCE(SUM(amount_cents), 0) FROM refunds
                     WHERE refunds.order_id = orders.order_id
                       AND reason NOT IN ('deposit', 'delivery')),
                    (SELECT COALESCE(SUM(amount_cents), 0) FROM deposits
                     WHERE deposits.order_id = orders.order_id) -
                    (SELECT COALESCE(SUM(amount_cents), 0) FROM refunds
                     WHERE refunds.order_id = orders.order_id AND reason = 'deposit')
             FROM orders WHERE order_id = ?1",
            [order_id],
            |row| {
                Ok(PaidOrder {
                    order_id: row.get(0)?,
                    total_cents: from_sql(row, 1)?,
                    refunded_cents: from_sql(row, 2)?,
                    deposit_cents: from_sql(row, 3)?,
                })
            },
        )
        .optional()
}

fn refusal(connection: &Connection, request: &NewRefund) -> Result<Option<Refusal>> {
    let Some(order) = find_order(connection, &request.order_id)? else {
        return Ok(Some(Refusal::OrderNotFound));
    };
    if request.amount_cents == 0 {
        return Ok(Some(Refusal::BadRequest));
    }
    let remaining_cents = match request.reason {
        Cause::Deposit => order.deposit_cents,
        // Whether the fee was paid back before is not looked at: as with many a real service, that
        // is for the caller to know.
        Cause::Delivery => DELIVERY_FEE_CENTS,
        Cause::Defect | Cause::Late | Cause::Goodwill => {
            order.total_cents.saturating_sub(order.refunded_cents)
        }
    };
    let above = request.amount_cents > remaining_cents;
    Ok(above.then_some(Refusal::AmountAboveRemaining { remaining_cents }))
}

fn refund_id(number: i64) -> String {
    format!("re_{number:06}")
}

/// `SQLite` has no unsigned integers. An amount above its range is above every order's total and
/// so never gets this far.
fn to_sql(cents: u64) -> i64 {
    i64::try_from(cents).unwrap_or(i64::MAX)
}

fn from_sql(row: &Row<'_>, column: usize) -> Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

#[cfg(test)]
mod tests;
