//! Transactions in which a tool's body takes part.

use std::{any::Any, fmt, ops::Deref, sync::Arc, time::Duration};

use futures_util::future::{join, join3};
use tokio_postgres::Client;

use super::{
    Inner,
    calls::Call,
    fault::{Fault, cannot_commit},
    parameters::{Ending, Wish},
    pool::{Borrowed, Repeats},
    row,
};
use crate::store::{
    Attempt, Begun, Claim, Claimed, Finish, OpenTransaction, Settlement, StoreError, StoreFuture,
};

/// Brings a session back to how it was before a body had it, whatever the body set.
const CLEAN: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *;
    SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES;";
/// The least time for which a body may leave its transaction alone.
const LEAST_IDLE: Duration = Duration::from_secs(60);

/// The transaction that a tool with `idempotent(store = "transaction")` shares with its own claim:
/// what its body writes here, and the record that it was done, are committed together or not at all.
///
/// It is used as the [`tokio_postgres::Client`] that it dereferences to:
///
/// ```
/// # use mcp_guard::{PgTransaction, prelude::*, tokio_postgres};
/// # #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// # struct Refund {
/// #     order_id: String,
/// #     amount_cents: i64,
/// # }
/// # #[derive(Debug, thiserror::Error, ToolError)]
/// # enum RefundError {
/// #     #[error("the database refused")]
/// #     #[tool_error(transient)]
/// #     Database(#[from] tokio_postgres::Error),
/// # }
/// /// Refund an order.
/// #[guarded_tool(idempotent(store = "transaction"), scope = "refunds")]
/// async fn create_refund(
///     tx: &mut PgTransaction,
///     /// Order to refund.
///     order_id: String,
///     /// Cents.
///     amount_cents: i64,
/// ) -> Result<Refund, RefundError> {
///     tx.execute("INSERT INTO refunds (order_id, cents) VALUES ($1, $2)", &[&order_id, &amount_cents])
///         .await?;
///     Ok(Refund { order_id, amount_cents })
/// }
/// # let _ = Guard::builder().tool::<create_refund>();
/// ```
///
/// The body does not end the transaction: the guard does, when the body's outcome is known. One that
/// commits or rolls back by itself is found out: the call fails, and where the claim was committed with
/// it, the operation is unknown. A body may use savepoints of its own.
///
/// What only the commit finds wrong, such as a deferred constraint, no body is told of: all is undone, and
/// the call fails as `internal` (`commit_refused`). A body that wants to refuse instead runs
/// `SET CONSTRAINTS ALL IMMEDIATE` when it has written.
///
/// The transaction is at READ COMMITTED. It is undone when the body's deadline passes, when its process
/// dies, and when the body leaves it idle for longer than the tool's lease (a minute at least).
/// While it is open, it holds the locks of the tool's budgets: other calls of a tool with the same
/// budget wait for it, for as long as the store's
/// [`patience`](super::PostgresOptions::patience) allows.
pub struct PgTransaction {
    borrowed: Borrowed,
}

impl Deref for PgTransaction {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.borrowed
    }
}

impl fmt::Debug for PgTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgTransaction").finish_non_exhaustive()
    }
}

/// A transaction with a claim in it. Dropped, it closes its connection: nobody knows what a body that
/// was given up has left on it, and the server undoes the transaction.
struct Open {
    transaction: PgTransaction,
    attempt: Attempt,
    inside: String,
    inner: Arc<Inner>,
}

/// Opens a transaction and claims in it, in one round trip.
pub(super) async fn begin(inner: &Arc<Inner>, claim: &Claim) -> Result<Begun, StoreError> {
    // What is done here is undone with the transaction, so that nothing is tentative.
    let claim = &claim.clone().with_tentative(false);
    let pool = &inner.pool;
    pool.patiently(async {
        let mut repeats = Repeats::default();
        loop {
            match begin_once(inner, claim).await {
                Ok(begun) => return Ok(begun),
                Err(fault) => pool.stand(fault, &mut repeats).await?,
            }
        }
    })
    .await
}

async fn begin_once(inner: &Arc<Inner>, claim: &Claim) -> Result<Begun, Fault> {
    let mut borrowed = inner.pool.borrow().await?;
    let (wish, mark) = (Wish::new("transaction", claim, inner.given()?), mark(claim));
    let (opened, claimed, marked) = join3(
        borrowed.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
        borrowed.call(Call::Claim, &wish.claim()),
        borrowed.batch_execute(&mark),
    )
    .await;
    opened?;
    let rows = claimed?;
    marked?;
    let answer = row::only(&rows)?;
    match row::claimed(answer, claim)? {
        Claimed::Granted(lease) => {
            let open = Open {
                transaction: PgTransaction { borrowed },
                attempt: lease.attempt,
                inside: row::inside(answer)?,
                inner: Arc::clone(inner),
            };
            Ok(Begun::Granted(lease, Box::new(open)))
        }
        Claimed::Stands(standing) => {
            borrowed.batch_execute("ROLLBACK").await?;
            borrowed.give_back();
            Ok(Begun::Stands(standing))
        }
    }
}

/// What a body finds: its own time limits, which the guard's deadline is behind, and a mark to go back
/// to when it is refused.
fn mark(claim: &Claim) -> String {
    let idle = claim.lease.max(LEAST_IDLE).min(Duration::from_secs(24 * 3600)).as_millis();
    format!(
        "SET LOCAL lock_timeout TO DEFAULT; SET LOCAL statement_timeout = {idle};
         SET LOCAL idle_in_transaction_session_timeout = {idle};
         SAVEPOINT mcp_guard"
    )
}

impl OpenTransaction for Open {
    fn handle(&mut self) -> &mut (dyn Any + Send + Sync) {
        &mut self.transaction
    }

    fn finish(mut self: Box<Self>, finish: Finish) -> StoreFuture<'static, ()> {
        Box::pin(async move {
            let pool = self.inner.pool.clone();
            pool.patiently(async {
                match &finish {
                    Finish::Commit(settlement) => self.commit(settlement).await,
                    Finish::Refuse(settlement) => self.refuse(settlement).await,
                    Finish::Rollback => self.roll_back().await,
                }
            })
            .await
        })
    }
}

impl Open {
    async fn commit(&mut self, settlement: &Settlement) -> Result<(), StoreError> {
        match self.settle(settlement).await {
            Ok(()) => self.end("COMMIT").await,
            Err(Fault::Aborted(said)) => {
                // In the claim's own transaction, or the body has ended that one.
                self.roll_back().await?;
                Err(StoreError::Undone(format!("a statement of the tool had failed: {said}")))
            }
            Err(fault) => Err(fault.into()),
        }
    }

    async fn refuse(&mut self, settlement: &Settlement) -> Result<(), StoreError> {
        let (undone, settled) = join(self.go_back(), self.settle(settlement)).await;
        undone?;
        settled?;
        self.end("COMMIT").await
    }

    async fn roll_back(&mut self) -> Result<(), StoreError> {
        let (undone, stayed) =
            join(self.go_back(), self.transaction.borrowed.call(Call::StayInside, &[&self.inside]))
                .await;
        match undone.and(stayed.map(drop)) {
            Ok(()) => self.end("ROLLBACK").await,
            // The server undoes the transaction of a connection that is gone.
            Err(Fault::Lost(_)) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Ends the transaction, and makes the connection fit for the pool in the same round trip.
    async fn end(&mut self, how: &str) -> Result<(), StoreError> {
        let clean = format!("{CLEAN} {}", self.inner.pool.settings());
        let (ended, cleaned) =
            join(self.transaction.batch_execute(how), self.transaction.batch_execute(&clean)).await;
        if cleaned.is_ok() {
            self.transaction.borrowed.give_back();
        }
        ended.map_err(cannot_commit)
    }

    /// Undoes what the body did, and nothing else. Where the mark is gone, the body has ended the
    /// transaction.
    async fn go_back(&self) -> Result<(), Fault> {
        let undone = self.transaction.batch_execute("ROLLBACK TO SAVEPOINT mcp_guard").await;
        undone.map_err(|error| {
            let gone = error.code().is_some_and(|code| ["3B001", "25P01"].contains(&code.code()));
            match Fault::from(error) {
                Fault::Final(StoreError::Unavailable(_)) if gone => {
                    Fault::Final(StoreError::Unusable(
                        "the tool ended the transaction that it was given: it must leave that to \
                         the guard"
                            .into(),
                    ))
                }
                fault => fault,
            }
        })
    }

    /// Settles in the claim's transaction, or fails it. The `COMMIT` waits for the answer: sent
    /// along, it would commit a claim without an outcome where the settlement could not be sent.
    async fn settle(&self, settlement: &Settlement) -> Result<(), Fault> {
        let ending = Ending::new(&self.attempt, settlement, self.inner.given()?);
        self.transaction
            .borrowed
            .call(Call::SettleInside, &ending.settle_inside(&self.inside))
            .await
            .map(drop)
    }
}
