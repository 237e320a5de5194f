//! Why a token is not taken.

use crate::auth::AuthenticateError;

/// Why a token is not valid, for the operator's log. It has no word of the token in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused(pub(super) &'static str);

/// Why nobody is identified by a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    Refused(Refused),
    /// It cannot be told whether the token is valid.
    Unavailable,
}

impl From<Refused> for Denied {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl Denied {
    /// Writes the reason down, and answers without it: whoever guesses tokens learns nothing.
    pub(super) fn answer(self) -> AuthenticateError {
        match self {
            Self::Refused(Refused(reason)) => {
                tracing::info!(reason, "an access token was refused");
                AuthenticateError::InvalidToken
            }
            Self::Unavailable => {
                tracing::warn!("an access token could not be checked");
                AuthenticateError::Unavailable
            }
        }
    }
}
