//! What a deployment keeps its records in, with a real server behind it where it takes one.

use std::path::Path;

use rusqlite::Connection;
use tokio_postgres::NoTls;

use crate::{
    server::transactional,
    services::{postgres::Postgres, redis::Redis},
};

/// A store that every process of a test shares. Its server ends with this value.
#[derive(Debug)]
pub enum Backing {
    /// A file in the fixture's folder.
    Sqlite,
    /// A private server.
    Postgres(Postgres),
    /// A private server.
    Redis(Redis),
}

impl Backing {
    /// The names of all of them.
    pub const NAMES: [&str; 3] = ["sqlite", "postgres", "redis"];

    /// The store of this name, or `None` where there is no such store, or no server for it on this
    /// machine. The latter is said loudly.
    #[must_use]
    pub fn start(name: &str) -> Option<Self> {
        match name {
            "sqlite" => Some(Self::Sqlite),
            "postgres" => Postgres::start().map(Self::Postgres),
            "redis" => Redis::start().map(Self::Redis),
            _ => None,
        }
    }

    /// Every store that there is a server for on this machine.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Self::NAMES.into_iter().filter_map(Self::start).collect()
    }

    /// Its name, for a table.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(_) => "postgres",
            Self::Redis(_) => "redis",
        }
    }

    /// Whether a body can take part in its transactions.
    #[must_use]
    pub fn has_transactions(&self) -> bool {
        !matches!(self, Self::Redis(_))
    }

    /// Takes the store away, as a failure of its server does. A file stays.
    pub fn fail(&mut self) {
        match self {
            Self::Sqlite => {}
            Self::Postgres(server) => server.stop_immediately(),
            Self::Redis(server) => server.kill(),
        }
    }

    /// Brings it back.
    pub fn come_back(&mut self) {
        match self {
            Self::Sqlite => {}
            Self::Postgres(server) => server.come_back(),
            Self::Redis(server) => server.restart(),
        }
    }

    /// Its URL, for servers in this folder.
    #[must_use]
    pub fn url(&self, folder: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite:{}", folder.join("store.db").display()),
            Self::Postgres(server) => server.url(),
            Self::Redis(server) => server.url(),
        }
    }
}

/// The ledger of a transactional tool: a table beside the store's own, read by a connection of the
/// test's own.
pub enum Transfers {
    /// In the store's file.
    File(Connection),
    /// In the store's database.
    Server(tokio_postgres::Client),
}

/// One line of a transfer: its step, and the process that wrote it.
pub type Line = (i32, i64);

impl Transfers {
    /// Opens the ledger at the store's URL, and makes its table.
    ///
    /// # Panics
    /// When the store has no tables.
    pub async fn open(url: &str) -> Self {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let file = Connection::open(path).expect("a file");
            file.busy_timeout(std::time::Duration::from_secs(10)).expect("a time");
            file.execute_batch(transactional::TABLE).expect("a table");
            return Self::File(file);
        }
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a server");
        tokio::spawn(connection);
        // Of several that make one table at once, some fail.
        while client.batch_execute(transactional::TABLE).await.is_err() {
            tokio::task::yield_now().await;
        }
        Self::Server(client)
    }

    /// Opens the ledger once more: its connection went with its server.
    ///
    /// # Panics
    /// As [`open`](Self::open).
    pub async fn reopen(&mut self, url: &str) {
        *self = Self::open(url).await;
    }

    /// What was transferred for an order: steps and processes.
    ///
    /// # Panics
    /// When it cannot be read: a test cannot go on without its judge.
    pub async fn of(&mut self, order_id: &str) -> Vec<Line> {
        const LINES: &str = "SELECT step, process FROM transfer WHERE order_id = $1 ORDER BY 1, 2";
        match self {
            Self::File(file) => {
                let mut lines = file.prepare_cached(LINES).expect("a table");
                let lines = lines.query_map([order_id], |row| Ok((row.get(0)?, row.get(1)?)));
                lines.and_then(Iterator::collect).expect("lines")
            }
            Self::Server(server) => {
                let rows = server.query(LINES, &[&order_id]).await.expect("lines");
                rows.iter().map(|row| (row.get(0), row.get(1))).collect()
            }
        }
    }
}
