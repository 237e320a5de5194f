//! What a failure of PostgreSQL means to the store.

use std::{error::Error as _, io};

use tokio_postgres::{
    Error,
    error::{DbError, Severity, SqlState},
};

use crate::store::StoreError;

/// Why a statement failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The connection is gone. Whether the statement was carried out, nobody knows.
    Lost(String),
    /// Another transaction was in the way, and nothing was done.
    Again(String),
    /// A statement before this one failed: its transaction can only be undone.
    Aborted(String),
    /// Asking again does not help.
    Final(StoreError),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let Some(db) = error.as_db_error() else { return Self::Lost(describe(&error)) };
        let said = describe(&error);
        match db.code() {
            &SqlState::T_R_SERIALIZATION_FAILURE
            | &SqlState::T_R_DEADLOCK_DETECTED
            | &SqlState::UNIQUE_VIOLATION => Self::Again(said),
            &SqlState::IN_FAILED_SQL_TRANSACTION => Self::Aborted(said),
            _ if ends_connection(db) => Self::Lost(said),
            code if is_setting(code.code()) => Self::Final(StoreError::Unusable(said)),
            _ => Self::Final(StoreError::Unavailable(said)),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Final(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Lost(said) | Fault::Again(said) | Fault::Aborted(said) => {
                Self::Unavailable(said)
            }
            Fault::Final(error) => error,
        }
    }
}

/// What a failure outside the store's operations means: nothing is repeated there.
pub(super) fn store_error(error: Error) -> StoreError {
    Fault::from(error).into()
}

/// What it means that a transaction was not committed. Anything but a refusal may be otherwise the next
/// time, or may have come after the commit.
pub(super) fn cannot_commit(error: Error) -> StoreError {
    if error.as_db_error().is_some_and(is_refusal) {
        return StoreError::Undone(describe(&error));
    }
    store_error(error)
}

/// What a failure to connect means.
pub(super) fn cannot_connect(error: Error) -> StoreError {
    let said = describe(&error);
    if is_read_only(&error) {
        return StoreError::Unusable(
            "the server is read-only, as a standby is: name the primary server in the URL".into(),
        );
    }
    if said.contains("server does not support TLS") {
        return StoreError::Unusable(
            "the server speaks no TLS: turn on its `ssl`, or write `sslmode=disable` into the URL \
             where nobody else can listen"
                .into(),
        );
    }
    if is_bad_certificate(&error) {
        return StoreError::Unusable(format!(
            "{said}: write `sslrootcert=FILE` into the URL, a PEM file with the certificate of the \
             authority that signed the server's, and name the host as the certificate does"
        ));
    }
    store_error(error)
}

/// The whole chain of causes. It does not contain the password, which no cause repeats.
pub(super) fn describe(error: &Error) -> String {
    if let Some(db) = error.as_db_error() {
        return format!("{} ({})", db.message(), db.code().code());
    }
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        said.push_str(": ");
        said.push_str(&next.to_string());
        cause = next.source();
    }
    said
}

/// The server is going down or has ended the session, or the connection is not what it was: it
/// leads to another server, or a pooler between us has forgotten its statements.
fn ends_connection(db: &DbError) -> bool {
    let code = db.code().code();
    ["08", "57P"].iter().any(|class| code.starts_with(class))
        || ["25P03", "25P04", "26000"].contains(&code)
        || (code == "0A000" && db.message().contains("cached plan"))
}

/// The server has undone the transaction for what was written in it: a deferred constraint, a trigger.
/// What is worse than an ERROR ends the session and may come behind the commit; the rest of the codes say
/// that a resource, a lock or another transaction was in the way.
fn is_refusal(db: &DbError) -> bool {
    let code = db.code().code();
    let in_the_way =
        ["08", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class));
    db.parsed_severity() == Some(Severity::Error) && !in_the_way
}

/// Something that an operator has to change: a privilege, a missing table or database, a password,
/// a server that cannot be written to, a transaction that is not ours any more.
fn is_setting(code: &str) -> bool {
    ["28", "3D", "3F", "42", "MG"].iter().any(|class| code.starts_with(class)) || code == "25006"
}

fn is_read_only(error: &Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|io| {
        io.kind() == io::ErrorKind::PermissionDenied && io.to_string().contains("writes")
    })
}

fn is_bad_certificate(error: &Error) -> bool {
    let Some(io) = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()) else {
        return false;
    };
    let inner = io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}
