//! A connection, made ready for the store.

use std::{future::Future, ops::Deref, time::Duration};

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use futures_util::future::try_join_all;
use tokio::task::JoinHandle;
use tokio_postgres::{
    Client, Config, Connection, NoTls, Row, Socket, Statement, tls::TlsStream, types::ToSql,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    calls::Call,
    fault::{Fault, cannot_connect, describe, store_error},
    target::Target,
};
use crate::store::StoreError;

/// What a statement is given.
pub(super) type Parameters<'a> = [&'a (dyn ToSql + Sync)];

/// Makes connections, for the pool and for the migration.
pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    settings: String,
    statements: Vec<String>,
}

impl Connector {
    pub(super) fn new(
        target: Target,
        schema: &str,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            tls: target.tls.connector()?,
            config: target.config,
            settings: settings(patience),
            statements: Call::ALL.iter().map(|call| call.statement(schema)).collect(),
        })
    }

    /// What a session is set to, whatever the server, the database and the role say.
    pub(super) fn settings(&self) -> &str {
        &self.settings
    }

    /// A connection without the store's statements, whose functions may not be there yet.
    pub(super) async fn connect(&self) -> Result<Session, StoreError> {
        // In a box, because every operation's future has room for a connection that it may have to
        // make.
        let (client, connection) = match &self.tls {
            None => {
                let connected = Box::pin(self.config.connect(NoTls)).await;
                let (client, connection) = connected.map_err(cannot_connect)?;
                (client, drive(connection))
            }
            Some(tls) => {
                let connected = Box::pin(self.config.connect(tls.clone())).await;
                let (client, connection) = connected.map_err(cannot_connect)?;
                (client, drive(connection))
            }
        };
        let session = Session { client, connection, statements: Vec::new(), closed: false };
        session.client.batch_execute(&self.settings).await.map_err(store_error)?;
        Ok(session)
    }
}

impl Manager for Connector {
    type Type = Session;
    type Error = StoreError;

    async fn create(&self) -> Result<Session, StoreError> {
        let mut session = self.connect().await?;
        // All of them are sent at once.
        let prepared =
            try_join_all(self.statements.iter().map(|text| session.client.prepare(text))).await;
        session.statements = prepared.map_err(store_error)?;
        Ok(session)
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<StoreError> {
        if session.closed || session.client.is_closed() {
            return Err(RecycleError::message("the connection is closed"));
        }
        Ok(())
    }
}

/// A connection. Dropped, it is closed.
pub(super) struct Session {
    client: Client,
    connection: JoinHandle<()>,
    statements: Vec<Statement>,
    closed: bool,
}

impl Session {
    /// Closes the connection now, so that the server gives up what it holds.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.connection.abort();
    }

    /// Calls a function of the store's schema. The statement is sent when this is first polled.
    pub(super) async fn call(
        &self,
        call: Call,
        parameters: &Parameters<'_>,
    ) -> Result<Vec<Row>, Fault> {
        let Some(statement) = self.statements.get(call as usize) else {
            return Err(Fault::Lost("the connection is not prepared".into()));
        };
        self.client.query(statement, parameters).await.map_err(Fault::from)
    }

    /// Lends the connection mutably, for a migration's transaction.
    pub(super) fn client_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

impl Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// A statement that nobody waits for any more is given up: by the client, by the server on its own
/// account, and by the server when it sees that the client is gone.
fn settings(patience: Duration) -> String {
    let (statement, lock) = (patience.as_millis(), patience.as_millis() / 2);
    format!(
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, NOT DEFERRABLE;
         SET statement_timeout = {statement};
         SET lock_timeout = {lock};
         SET idle_in_transaction_session_timeout = 60000;
         SELECT set_config(name, '1000', false) FROM pg_catalog.pg_settings
             WHERE name = 'client_connection_check_interval';"
    )
}

/// Moves a connection's bytes, for as long as it is open.
fn drive<T>(connection: Connection<Socket, T>) -> JoinHandle<()>
where
    T: TlsStream + Unpin + Send + 'static,
    Connection<Socket, T>: Future<Output = Result<(), tokio_postgres::Error>>,
{
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = describe(&error), "a connection to PostgreSQL ended");
        }
    })
}
