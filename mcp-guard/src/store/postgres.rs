//! The durable store on PostgreSQL: any number of processes on any number of machines.

mod calls;
mod fault;
mod options;
mod parameters;
mod pool;
mod row;
mod schema;
mod session;
mod sweeper;
mod target;
mod tls;
mod transaction;

use std::{fmt, sync::Arc};

use tokio_util::task::AbortOnDropHandle;

use self::{
    calls::Call,
    parameters::{Ending, Wish, millis},
    pool::Pool,
};
pub use self::{options::PostgresOptions, transaction::PgTransaction};
use super::{
    Attempt, Begun, Claim, Claimed, Fenced, Handle, Inspected, Lease, Listed, OperationId,
    Settlement, Standing, Store, StoreError, StoreFuture, Transactions,
};
use crate::{clock::Clock, secret::DeploymentSecret};

/// Keeps records in PostgreSQL, 13 or newer, for every process of a deployment.
///
/// Each operation is one round trip. The rules run inside the server, as functions of a schema of
/// the store's own (`mcp_guard`), which the first process that comes creates or brings to its
/// version; a schema of a newer version is refused.
///
/// # The URL
///
/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with the parameters of
/// [`tokio_postgres::Config`] and `sslmode`:
///
/// | `sslmode` | means |
/// |---|---|
/// | `require`, `verify-full` | TLS. The server's certificate is verified, and that it names the host. The default for every host but this machine |
/// | `prefer` | the same where the server offers TLS, and plain text where it does not: no protection from somebody on the way |
/// | `disable` | plain text. The default for `localhost`, loopback addresses and sockets |
///
/// Who may sign the certificate: the authorities that the system trusts, or those in
/// `sslrootcert=FILE` alone. The password is in no log and in no error.
///
/// # Privileges
///
/// The role that migrates owns the schema. A role that serves needs no more than
///
/// ```sql
/// GRANT USAGE ON SCHEMA mcp_guard TO refunds;
/// GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA mcp_guard TO refunds;
/// ```
///
/// and nothing on the tables; it opens the store with
/// [`migrate(false)`](PostgresOptions::migrate), or at the version that is there. Whoever may call
/// the functions may say that an operation was done.
///
/// # Durability
///
/// A claim is on the server's disk before it is granted, also where `synchronous_commit` is off by
/// default. A server with `fsync` off can lose it, which is warned of. So can a failover to a
/// standby that does not replicate synchronously: set `synchronous_standby_names`. A standby is
/// refused.
///
/// # Poolers
///
/// Between the store and the server, only a pooler that keeps a session to its connection will do.
///
/// # Transactions
///
/// A tool with `idempotent(store = "transaction")` borrows a [`PgTransaction`], in which its claim,
/// what it writes, and the record of it are one.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
    _sweeper: Arc<AbortOnDropHandle<()>>,
}

/// What a store, its sweeper and its transactions share.
struct Inner {
    pool: Pool,
    clock: Option<Arc<dyn Clock>>,
}

impl Inner {
    /// The time of a test's clock; `None` leaves it to the server's.
    fn given(&self) -> Result<Option<i64>, StoreError> {
        let Some(clock) = &self.clock else { return Ok(None) };
        Ok(Some(clock.now().ok_or(StoreError::NoClock)?.as_millis()))
    }

    async fn extend(&self, lease: &Lease, dispatch: bool) -> Result<Fenced, StoreError> {
        let (attempt, length) = (&lease.attempt, millis(lease.length));
        let rows = self
            .pool
            .call(
                Call::Extend,
                &[
                    &&attempt.operation.as_bytes()[..],
                    &i64::from(attempt.epoch),
                    &&attempt.owner.as_bytes()[..],
                    &length,
                    &dispatch,
                    &self.given()?,
                ],
            )
            .await?;
        row::fenced(&rows)
    }

    async fn end(
        &self,
        how: Call,
        attempt: &Attempt,
        settlement: &Settlement,
    ) -> Result<Fenced, StoreError> {
        let ending = Ending::new(attempt, settlement, self.given()?);
        row::fenced(&self.pool.call(how, &ending.settle()).await?)
    }
}

impl PostgresStore {
    /// Opens the store that a URL names, creating its schema or bringing it to this release's
    /// version where that is needed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server cannot be reached; [`StoreError::Unusable`] when
    /// the URL cannot be read, the server is too old, read-only or not the one that its certificate
    /// must name, the role lacks a privilege, or the schema is of a newer version.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::options(url).connect().await
    }

    /// Opens the store, on a clock of the test's.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_with_clock(url: &str, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::options(url).clock(clock).connect().await
    }

    /// How to open the store otherwise than by default.
    pub fn options(url: &str) -> PostgresOptions {
        PostgresOptions::new(url)
    }
}

impl Store for PostgresStore {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        Box::pin(async move {
            let wish = Wish::new("claim", claim, self.inner.given()?);
            let rows = self.inner.pool.call(Call::Claim, &wish.claim()).await?;
            row::claimed(row::only(&rows)?, claim)
        })
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        Box::pin(async move {
            let wish = Wish::new("look", claim, self.inner.given()?);
            let rows = self.inner.pool.call(Call::Recall, &wish.recall()).await?;
            row::standing(row::only(&rows)?)
        })
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        Box::pin(self.inner.extend(lease, false))
    }

    fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        Box::pin(self.inner.extend(lease, true))
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        Box::pin(self.inner.end(Call::Settle, &lease.attempt, settlement))
    }

    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        Box::pin(self.inner.end(Call::Resolve, attempt, settlement))
    }

    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>> {
        Box::pin(async move {
            let given = self.inner.given()?;
            let rows =
                self.inner.pool.call(Call::Inspect, &[&&operation.as_bytes()[..], &given]).await?;
            rows.first().map(row::inspected).transpose()
        })
    }

    fn unresolved(&self, after: Option<OperationId>, limit: u32) -> StoreFuture<'_, Vec<Listed>> {
        Box::pin(async move {
            let behind = after.as_ref().map(|after| &after.as_bytes()[..]);
            let given = self.inner.given()?;
            let rows = self
                .inner
                .pool
                .call(Call::Unresolved, &[&behind, &i64::from(limit), &given])
                .await?;
            rows.iter().filter_map(row::listed).collect()
        })
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        Box::pin(async move {
            let candidate = DeploymentSecret::generate()?;
            let rows = self.inner.pool.call(Call::Secret, &[&&candidate.expose()[..]]).await?;
            Ok(DeploymentSecret::from_bytes(row::secret(row::only(&rows)?)?))
        })
    }

    fn transactions(&self) -> Option<&dyn Transactions> {
        Some(self)
    }
}

impl Transactions for PostgresStore {
    fn handle(&self) -> Handle {
        Handle::of::<PgTransaction>("PgTransaction")
    }

    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Begun> {
        Box::pin(transaction::begin(&self.inner, claim))
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("pool", &self.inner.pool).finish_non_exhaustive()
    }
}
