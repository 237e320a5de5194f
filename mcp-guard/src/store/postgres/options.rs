//! How a store on PostgreSQL is opened.

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::{
    Inner, PostgresStore, pool::Pool, schema, session::Connector, sweeper, target::Target,
};
use crate::{clock::Clock, store::StoreError};

/// How long a migration may take, and whoever waits for it.
const MIGRATION: Duration = Duration::from_secs(120);

/// How a [`PostgresStore`] is opened, when its defaults do not do.
#[must_use = "nothing is opened before `connect`"]
pub struct PostgresOptions {
    url: String,
    schema: String,
    migrate: bool,
    connections: usize,
    patience: Duration,
    sweep_every: Duration,
    clock: Option<Arc<dyn Clock>>,
}

impl PostgresOptions {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            schema: "mcp_guard".to_owned(),
            migrate: true,
            connections: 16,
            patience: Duration::from_secs(5),
            sweep_every: Duration::from_secs(60),
            clock: None,
        }
    }

    /// The schema that the store keeps its tables and functions in: `mcp_guard`. It must be the
    /// store's own.
    pub fn schema(mut self, name: &str) -> Self {
        name.clone_into(&mut self.schema);
        self
    }

    /// Whether to create the schema or bring it to this release's version: yes. Without it, a schema
    /// of another version is refused.
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// How many connections there are at most: 16. A tool with `store = "transaction"` uses one of
    /// them for as long as it runs.
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = most;
        self
    }

    /// How long an operation of the store may take, with all that it waits for: five seconds. It
    /// waits for locks for half of that at most.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How often what need not be remembered is dropped, about: every minute.
    pub fn sweep_every(mut self, period: Duration) -> Self {
        self.sweep_every = period;
        self
    }

    /// A clock of a test's. In production, the server's clock decides.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Opens the store.
    ///
    /// # Errors
    /// As [`PostgresStore::connect`].
    pub async fn connect(self) -> Result<PostgresStore, StoreError> {
        schema::check_name(&self.schema)?;
        self.check_numbers()?;
        let target = Target::parse(&self.url, self.patience)?;
        let connector = Connector::new(target, &self.schema, self.patience)?;
        self.make_ready(&connector).await?;
        let pool = Pool::new(connector, self.connections, self.patience)?;
        // The first connection finds out whether the role may call the functions.
        pool.patiently(async { pool.borrow().await.map(|mut first| first.give_back()) }).await?;
        let inner = Arc::new(Inner { pool, clock: self.clock });
        let sweeper = tokio::spawn(sweeper::run(Arc::clone(&inner), self.sweep_every));
        Ok(PostgresStore { inner, _sweeper: Arc::new(AbortOnDropHandle::new(sweeper)) })
    }

    async fn make_ready(&self, connector: &Connector) -> Result<(), StoreError> {
        let unavailable = |what: &str, limit| {
            StoreError::Unavailable(format!("{what} took longer than {limit:?}"))
        };
        let mut session = timeout(self.patience, connector.connect())
            .await
            .map_err(|_| unavailable("connecting to PostgreSQL", self.patience))??;
        timeout(MIGRATION, schema::make_ready(&mut session, &self.schema, self.migrate))
            .await
            .map_err(|_| unavailable("the migration", MIGRATION))?
    }

    fn check_numbers(&self) -> Result<(), StoreError> {
        if self.connections == 0 {
            return Err(StoreError::Unusable("`connections(0)`: one is needed at least".into()));
        }
        if self.patience < Duration::from_millis(100) || self.sweep_every.is_zero() {
            return Err(StoreError::Unusable(
                "the store's `patience` is at least 100 ms, and `sweep_every` is not zero".into(),
            ));
        }
        Ok(())
    }
}

/// Without the URL, which may contain a password.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("schema", &self.schema)
            .field("migrate", &self.migrate)
            .field("connections", &self.connections)
            .field("patience", &self.patience)
            .field("sweep_every", &self.sweep_every)
            .finish_non_exhaustive()
    }
}
