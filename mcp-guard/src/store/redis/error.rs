//! Errors of the server's and the connection's, in the terms of a store.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::store::StoreError;

/// A connection that is no use any more, or leads to a server that has become a replica.
pub(super) fn is_broken(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse | ErrorKind::AuthenticationFailed)
        || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}

pub(super) fn replaced() -> StoreError {
    StoreError::Unusable(
        "the records that this process knew are gone: Redis was emptied, replaced or restarted \
         without its files. Find out which operations they were about, then start this process \
         again"
            .to_owned(),
    )
}

/// What an error means.
pub(super) fn told(error: &RedisError) -> StoreError {
    let said = error.to_string();
    // An unknown command is repeated by the server together with what was sent.
    let said = said.split(", with args").next().unwrap_or_default();
    if said.contains("REPLACED") {
        return replaced();
    }
    if let Some((_, what)) = said.split_once("UNREADABLE: ") {
        let what = what.split(" script: ").next().unwrap_or_default();
        return StoreError::Unreadable(what.to_owned());
    }
    match error.kind() {
        ErrorKind::Server(
            ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::CrossSlot,
        ) => StoreError::Unusable(format!(
            "this node of the cluster does not have the keys; give the URL of the one that has: {said}"
        )),
        ErrorKind::Server(ServerErrorKind::NoPerm)
        | ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig
        | ErrorKind::RESP3NotSupported => StoreError::Unusable(said.to_owned()),
        _ if matches!(error.code(), Some("WRONGPASS" | "NOAUTH")) => {
            StoreError::Unusable(said.to_owned())
        }
        _ => unavailable(said.to_owned()),
    }
}

pub(super) fn unavailable(why: String) -> StoreError {
    StoreError::Unavailable(why)
}
