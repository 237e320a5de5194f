//! Who may call over HTTP.

use std::fs;

use mcp_guard::{ConfigError, Error, prelude::*};

use super::Backend;
use crate::settings;

/// The bearer tokens that are accepted, and whom each stands for.
pub(super) fn accepted(backend: &Backend) -> Result<StaticTokens, Error> {
    let own = settings::text("REFUNDS_HTTP_TOKEN")?;
    let file = settings::text("REFUNDS_HTTP_TOKENS")?;
    let mut tokens = StaticTokens::new();
    if let Some(path) = &file {
        let listed = fs::read_to_string(path).map_err(|error| {
            ConfigError::new(format!("REFUNDS_HTTP_TOKENS: {path} cannot be read: {error}"))
        })?;
        for (token, caller) in listed_callers(&listed)? {
            tokens = tokens.token(token, caller);
        }
    }
    match (own, file) {
        (Some(token), _) => Ok(tokens.token(&token, backend.caller()?)),
        (None, Some(_)) => Ok(tokens),
        (None, None) if backend.trial => {
            let token = settings::new_token()?;
            eprintln!("refunds: send the header `Authorization: Bearer {token}`");
            Ok(tokens.token(&token, backend.caller()?))
        }
        (None, None) => Err(ConfigError::new(
            "nobody may call over HTTP yet: set REFUNDS_HTTP_TOKEN to the bearer token of \
             MCP_GUARD_SUBJECT, or REFUNDS_HTTP_TOKENS to a file with lines of TOKEN SUBJECT SCOPE…",
        )
        .into()),
    }
}

/// Reads lines of `TOKEN SUBJECT SCOPE…`. Empty lines and those that begin with `#` are skipped.
fn listed_callers(text: &str) -> Result<Vec<(&str, Caller)>, ConfigError> {
    let mut callers = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace();
        let Some(token) = words.next().filter(|word| !word.starts_with('#')) else {
            continue;
        };
        let subject = words.next().ok_or_else(|| {
            ConfigError::new(format!(
                "REFUNDS_HTTP_TOKENS: line {number} names nobody: write TOKEN SUBJECT SCOPE…"
            ))
        })?;
        callers.push((token, Caller::local(subject).with_scopes(words)));
    }
    Ok(callers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_callers_are_read_line_by_line() {
        let text = "# who may call\n\n secret-1 alice refunds orders\nsecret-2 bob\n";
        let callers = listed_callers(text).unwrap();
        assert_eq!(callers.len(), 2);
        assert_eq!(callers[0].0, "secret-1");
        assert_eq!(callers[0].1, Caller::local("alice").with_scopes(["orders", "refunds"]));
        assert_eq!(callers[1], ("secret-2", Caller::local("bob")));
    }

    #[test]
    fn a_line_without_a_subject_is_named_and_its_token_is_not() {
        let error = listed_callers("a b\nsecret-1\n").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(!error.contains("secret-1"), "{error}");
    }
}
