//! The connection that bodies write through: it commits only when the store says so.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rusqlite::{
    Connection, ErrorCode,
    hooks::{AuthAction, AuthContext, Authorization},
};

use crate::store::{
    StoreError,
    sqlite::{
        file::{Place, open_another},
        unavailable,
    },
};

/// What the names of the store's tables and savepoints begin with.
const OURS: &str = "mcp_guard_";

/// A connection on which a body may write, and not end its transaction.
pub(super) struct Guarded {
    connection: Connection,
    body_runs: Arc<AtomicBool>,
    may_commit: Arc<AtomicBool>,
}

impl Guarded {
    pub(super) fn open(place: &Place) -> Result<Self, StoreError> {
        let mut connection = open_another(place)?;
        let (body_runs, may_commit) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let (runs, may) = (Arc::clone(&body_runs), Arc::clone(&may_commit));
        connection
            .authorizer(Some(move |context: AuthContext<'_>| {
                if runs.load(Ordering::SeqCst) { of_a_body(&context) } else { Authorization::Allow }
            }))
            .map_err(|error| unavailable(&error))?;
        // After an error that undoes the transaction, each statement would commit by itself.
        connection
            .commit_hook(Some(move || !may.load(Ordering::SeqCst)))
            .map_err(|error| unavailable(&error))?;
        Ok(Self { connection, body_runs, may_commit })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs a body's work, unless the transaction has ended.
    pub(super) fn run(&self, work: super::Work) {
        if self.connection.is_autocommit() {
            return;
        }
        self.body_runs.store(true, Ordering::SeqCst);
        work(&self.connection);
        self.body_runs.store(false, Ordering::SeqCst);
    }

    pub(super) fn commit(&self) -> Result<(), StoreError> {
        self.may_commit.store(true, Ordering::SeqCst);
        let committed = self.connection.execute_batch("COMMIT");
        self.may_commit.store(false, Ordering::SeqCst);
        committed.map_err(|error| match error.sqlite_error_code() {
            // A deferred constraint, which is looked at before anything is written.
            Some(ErrorCode::ConstraintViolation) => StoreError::Undone(error.to_string()),
            _ => unavailable(&error),
        })
    }

    /// Undoes whatever is not committed.
    pub(super) fn roll_back(&self) -> Result<(), StoreError> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.connection.execute_batch("ROLLBACK").map_err(|error| unavailable(&error))
    }
}

/// A transaction over several files is not atomic with a write-ahead log, so none may be attached.
fn of_a_body(context: &AuthContext<'_>) -> Authorization {
    let is_ours =
        |name: &str| name.get(..OURS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OURS));
    let refused = match context.action {
        AuthAction::Transaction { .. } | AuthAction::Attach { .. } | AuthAction::Detach { .. } => {
            true
        }
        AuthAction::Savepoint { savepoint_name: name, .. }
        | AuthAction::Insert { table_name: name }
        | AuthAction::Update { table_name: name, .. }
        | AuthAction::Delete { table_name: name }
        | AuthAction::AlterTable { table_name: name, .. }
        | AuthAction::DropTable { table_name: name }
        | AuthAction::DropTrigger { table_name: name, .. }
        | AuthAction::DropIndex { table_name: name, .. }
        | AuthAction::CreateTrigger { table_name: name, .. }
        | AuthAction::CreateTempTrigger { table_name: name, .. } => is_ours(name),
        AuthAction::Pragma { pragma_name, pragma_value: Some(_) } => {
            ["application_id", "user_version", "writable_schema"]
                .iter()
                .any(|name| name.eq_ignore_ascii_case(pragma_name))
        }
        _ => false,
    };
    if refused { Authorization::Deny } else { Authorization::Allow }
}
