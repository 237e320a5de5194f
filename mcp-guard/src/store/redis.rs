//! The store in Redis: each operation is one Lua script, which is one transaction and one round trip.

mod call;
mod decode;
mod error;
mod link;
mod options;
mod script;
mod server;
mod sweeper;

use std::{fmt, sync::Arc};

use tokio_util::task::AbortOnDropHandle;

pub use self::options::RedisOptions;
use self::{call::Call, link::Link};
use super::{
    Attempt, Claim, Claimed, Fenced, Inspected, Lease, Listed, OperationId, Settlement, Standing,
    Store, StoreError, StoreFuture,
};
use crate::{clock::Clock, secret::DeploymentSecret};

/// How many operations [`Store::unresolved`] looks at in one script.
const LOOK: u32 = 500;

/// Keeps records in Redis (6.0 or newer, or Valkey), for any number of processes.
///
/// **What it needs.** `appendonly yes`, `appendfsync always` and `maxmemory-policy noeviction`. A
/// server that evicts keys would forget claims, and is refused. One that does not sync its
/// append-only file before it answers forgets claims when it crashes: that is said at start as a
/// warning, or [refused](RedisOptions::require_durable). **What it cannot promise**: Redis copies to
/// its replicas after it has answered, so a failover may forget the last claims, and what they
/// protected may be done twice. Where that must not happen, keep the records in PostgreSQL.
///
/// **Whose clock.** The server's (`TIME`, read inside each script).
///
/// **Keys.** All begin with `{mcp-guard}:` (or another [prefix](RedisOptions::prefix)), so that in a
/// cluster they are in one slot; the URL must name the node that has it, as redirections are not
/// followed. The keys that a call knows are declared to its script; those that follow from what the
/// script reads (the operation that holds a business key, the budgets of a record) are not. None of
/// them expires by Redis' own doing: what is no longer needed is dropped by a task of the store.
///
/// **A store that lost its records** (emptied, or restarted without its files) is noticed by the
/// processes that knew it: they refuse everything until they are started again.
///
/// ```no_run
/// # async fn example() -> Result<(), mcp_guard::StoreError> {
/// use mcp_guard::RedisStore;
///
/// let store = RedisStore::options("rediss://:password@redis.internal:6379")
///     .require_durable(true)
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    link: Arc<Link>,
    _sweeper: Arc<AbortOnDropHandle<()>>,
}

impl RedisStore {
    /// Connects to the server of a `redis://` or `rediss://` URL. Over TLS, its certificate is
    /// verified against the system's roots.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached; [`StoreError::Unusable`] when the URL
    /// is wrong, or the server is a replica, evicts keys or holds a newer version's records.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::options(url).connect().await
    }

    /// Connects, on a clock of the test's instead of the server's.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_with_clock(url: &str, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::options(url).clock(clock).connect().await
    }

    /// Settings for a connection to the server of a URL.
    pub fn options(url: impl Into<String>) -> RedisOptions {
        RedisOptions::new(url.into())
    }

    fn over(link: Link, sweeper: impl FnOnce(&Arc<Link>) -> AbortOnDropHandle<()>) -> Self {
        let link = Arc::new(link);
        let sweeper = Arc::new(sweeper(&link));
        Self { link, _sweeper: sweeper }
    }

    async fn fenced(&self, call: Call) -> Result<Fenced, StoreError> {
        decode::fenced(self.link.run(&call).await?)
    }

    async fn look(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Listed>, Option<String>), StoreError> {
        let call = Call::new(&script::UNRESOLVED)
            .maybe("after", after)
            .number("limit", limit as u64)
            .number("batch", u64::from(LOOK));
        decode::page(self.link.run(&call).await?)
    }
}

impl Store for RedisStore {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        Box::pin(async move {
            let call = Call::new(&script::CLAIM).claim(claim);
            decode::claimed(self.link.run(&call).await?, claim)
        })
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        Box::pin(async move {
            let call = Call::new(&script::RECALL).claim(claim);
            decode::recalled(self.link.run(&call).await?)
        })
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        Box::pin(self.fenced(Call::new(&script::RENEW).lease(lease)))
    }

    fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        Box::pin(self.fenced(Call::new(&script::DISPATCH).lease(lease)))
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        let call = Call::new(&script::SETTLE).attempt(&lease.attempt).settlement(settlement);
        Box::pin(self.fenced(call))
    }

    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        let call = Call::new(&script::RESOLVE).attempt(attempt).settlement(settlement);
        Box::pin(self.fenced(call))
    }

    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>> {
        Box::pin(async move {
            let call = Call::new(&script::INSPECT).operation(operation);
            decode::inspected(self.link.run(&call).await?)
        })
    }

    fn unresolved(&self, after: Option<OperationId>, limit: u32) -> StoreFuture<'_, Vec<Listed>> {
        Box::pin(async move {
            let limit = limit as usize;
            let mut found = Vec::new();
            let mut from = after.map(|operation| call::hex(operation.as_bytes()));
            while found.len() < limit {
                let (more, next) = self.look(from.as_deref(), limit - found.len()).await?;
                found.extend(more);
                if next.is_none() {
                    break;
                }
                from = next;
            }
            Ok(found)
        })
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        Box::pin(async move {
            let proposal = call::hex(DeploymentSecret::generate()?.expose());
            let call = Call::new(&script::SECRET).argument("proposal", proposal);
            decode::secret(self.link.run(&call).await?)
        })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}
