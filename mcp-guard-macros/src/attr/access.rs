//! `scope = "refunds"`, `scope("refunds", "orders")` and `any_caller`: who may call.

use syn::{Error, LitStr, Result, Token, parse::Parse, parse::ParseStream, punctuated::Punctuated};

use crate::{
    entry::{Entry, Value},
    errors::Errors,
};

/// Who may call a tool.
pub(crate) enum Access {
    /// Whoever is identified.
    AnyCaller,
    /// Callers that hold all of these scopes.
    Scopes(Vec<LitStr>),
}

impl Access {
    /// `any_caller`.
    pub(crate) fn any_caller(entry: &Entry) -> Result<Self> {
        entry.flag().map(|()| Self::AnyCaller)
    }

    /// `scope = "refunds"` or `scope("refunds", "orders")`.
    pub(crate) fn scope(entry: &Entry, errors: &Errors) -> Result<Self> {
        let scopes = match entry.value() {
            Value::List(_) => entry.list::<Scopes>("takes strings", EXAMPLE)?.0,
            _ => vec![entry.string(EXAMPLE)?],
        };
        if scopes.is_empty() {
            return Err(entry.mistake(
                "names no scope",
                "scope = \"refunds\"`, or for every identified caller `any_caller",
            ));
        }
        for (index, scope) in scopes.iter().enumerate() {
            errors.keep(check(scope));
            if scopes[..index].iter().any(|earlier| earlier.value() == scope.value()) {
                errors.at(scope, "this scope is named twice: keep one");
            }
        }
        Ok(Self::Scopes(scopes))
    }
}

const EXAMPLE: &str = "scope = \"refunds\"` or `scope(\"refunds\", \"orders\")";

/// Requires a scope that OAuth can carry: RFC 6749's `scope-token`.
pub(crate) fn check(scope: &LitStr) -> Result<()> {
    let value = scope.value();
    let allowed = |c: char| matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
    if !value.is_empty() && value.chars().all(allowed) {
        return Ok(());
    }
    let mistake = if value.is_empty() {
        "a scope cannot be empty: write `\"refunds\"`"
    } else if value.contains(' ') {
        "a scope has no spaces: write `scope(\"refunds\", \"orders\")` for two of them"
    } else {
        "a scope is printable ASCII without spaces, quotes and backslashes (RFC 6749): write \
         `\"refunds\"` or `\"refunds:large\"`"
    };
    Err(Error::new_spanned(scope, mistake))
}

struct Scopes(Vec<LitStr>);

impl Parse for Scopes {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let scopes = Punctuated::<LitStr, Token![,]>::parse_terminated(input).map_err(|error| {
            Error::new(error.span(), format!("`scope` takes strings: write `{EXAMPLE}`"))
        })?;
        Ok(Self(scopes.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    #[test]
    fn scope_tokens() {
        let literal = |text: &str| LitStr::new(text, Span::call_site());
        for scope in ["refunds", "refunds:large", "https://example.com/a.b?c=d", "!#[]~"] {
            assert!(check(&literal(scope)).is_ok(), "{scope}");
        }
        for scope in ["", " ", "a b", "a\"b", "a\\b", "a\u{7f}", "ä", "a\n"] {
            assert!(check(&literal(scope)).is_err(), "{scope}");
        }
    }
}
