//! Tokens that the operator hands out.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::{Authenticate, AuthenticateError, AuthenticateFuture};
use crate::caller::Caller;

/// A fixed list of bearer tokens, for a server of few callers and for tests. It keeps their SHA-256
/// alone, and compares all of them in constant time.
///
/// A token should be random and long: 32 bytes, as `openssl rand -hex 32` makes them.
#[derive(Default)]
pub struct StaticTokens {
    entries: Vec<([u8; 32], Caller)>,
}

impl StaticTokens {
    /// No tokens: nobody is let in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the bearer of `token` in, as `caller`.
    #[must_use]
    pub fn token(mut self, token: impl AsRef<str>, caller: Caller) -> Self {
        self.entries.push((digest(token.as_ref()), caller));
        self
    }

    fn find(&self, token: &str) -> Option<&Caller> {
        let sent = digest(token);
        // Every entry is compared, and the position is chosen without a branch.
        let mut found = u64::MAX;
        for (index, (known, _)) in (0_u64..).zip(&self.entries) {
            let equal: Choice = known.ct_eq(&sent);
            found.conditional_assign(&index, equal);
        }
        let index = usize::try_from(found).ok()?;
        self.entries.get(index).map(|(_, caller)| caller)
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl Authenticate for StaticTokens {
    fn authenticate<'a>(&'a self, token: &'a str) -> AuthenticateFuture<'a> {
        let caller = self.find(token).cloned().ok_or(AuthenticateError::InvalidToken);
        Box::pin(async move { caller })
    }
}

impl fmt::Debug for StaticTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticTokens").field("entries", &self.entries.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_its_callers_alone() {
        let tokens = StaticTokens::new()
            .token("first", Caller::local("one"))
            .token("second", Caller::local("two"));
        assert_eq!(tokens.find("first").map(Caller::subject), Some("one"));
        assert_eq!(tokens.find("second").map(Caller::subject), Some("two"));
        for wrong in ["", "First", "first ", "secon", "third"] {
            assert_eq!(tokens.find(wrong), None, "{wrong:?}");
        }
        assert_eq!(StaticTokens::new().find("first"), None);
    }

    #[test]
    fn no_token_is_printed() {
        let tokens = StaticTokens::new().token("hunter2", Caller::local("one"));
        assert!(!format!("{tokens:?}").contains("hunter2"));
    }
}
