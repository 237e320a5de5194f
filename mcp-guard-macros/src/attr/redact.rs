//! `redact(card.number, scope = "pii")`: which parts of a result are for callers with a scope.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Error, Ident, LitStr, Result, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
};

use super::access;
use crate::entry::Entry;

/// `redact(card.number, holder, scope = "pii")`.
pub(crate) struct Redact {
    /// The members.
    pub(crate) members: Vec<Member>,
    /// The scope that shows them.
    pub(crate) scope: LitStr,
}

/// `card.number`, or, where a name is not an identifier, `card."number-of-card"`.
pub(crate) struct Member {
    /// The names on the wire, from the result inwards.
    pub(crate) path: Vec<String>,
    tokens: TokenStream,
}

const EXAMPLE: &str = "redact(card.number, scope = \"pii\")";

impl Redact {
    /// Reads `redact(...)`.
    pub(crate) fn read(entry: &Entry) -> Result<Self> {
        let redact: Self = entry.list("takes members of the result and a scope", EXAMPLE)?;
        if redact.members.is_empty() {
            return Err(entry.mistake("names no member of the result", EXAMPLE));
        }
        Ok(redact)
    }
}

/// Where a mistake about the member is reported.
impl ToTokens for Member {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.tokens.clone());
    }
}

impl Parse for Redact {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let end = input.span();
        let (mut members, mut scope) = (Vec::new(), None);
        while !input.is_empty() {
            if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
                let entry = input.parse::<ScopeEntry>()?;
                if scope.replace(entry.0).is_some() {
                    return Err(Error::new(
                        end,
                        format!("one `scope` is enough: write `{EXAMPLE}`"),
                    ));
                }
            } else {
                members.push(input.parse()?);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>().map_err(|error| usage(error.span()))?;
            }
        }
        let scope = scope.ok_or_else(|| {
            let message = format!(
                "it is not said who is shown these members: write `{EXAMPLE}`; what nobody is shown \
                 does not belong in the result"
            );
            Error::new(end, message)
        })?;
        Ok(Self { members, scope })
    }
}

struct ScopeEntry(LitStr);

impl Parse for ScopeEntry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        if key != "scope" {
            return Err(usage(key.span()));
        }
        let scope: LitStr = input.parse().map_err(|error| usage(error.span()))?;
        access::check(&scope)?;
        Ok(Self(scope))
    }
}

impl Parse for Member {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (mut path, mut tokens) = (Vec::new(), TokenStream::new());
        loop {
            if input.peek(LitStr) {
                let name: LitStr = input.parse()?;
                path.push(name.value());
                name.to_tokens(&mut tokens);
            } else {
                let name = input.call(Ident::parse_any).map_err(|error| usage(error.span()))?;
                path.push(name.unraw().to_string());
                name.to_tokens(&mut tokens);
            }
            let dot: Option<Token![.]> = input.parse()?;
            let Some(dot) = dot else { return Ok(Self { path, tokens }) };
            dot.to_tokens(&mut tokens);
        }
    }
}

fn usage(span: Span) -> Error {
    Error::new(span, format!("write `{EXAMPLE}`"))
}
