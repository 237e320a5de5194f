//! One entry of an attribute: `key`, `key = value` or `key(...)`.
//!
//! Entries are cut apart at the commas before any is read, so that a mistake in one does not hide
//! the mistakes in the next.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Error, Ident, LitBool, LitStr, Path, Result, Token,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream, Parser},
};

/// One entry of an attribute.
pub(crate) struct Entry {
    /// What stands first.
    pub(crate) key: Ident,
    value: Value,
}

/// What follows the key.
pub(crate) enum Value {
    /// Nothing.
    Absent,
    /// What stands behind `=`.
    Is(TokenStream),
    /// Parentheses.
    List(Group),
}

impl Entry {
    /// Cuts an attribute's tokens into its entries.
    pub(crate) fn split(tokens: TokenStream) -> Vec<Result<Self>> {
        let mut chunks = vec![TokenStream::new()];
        for token in tokens {
            match (&token, chunks.last_mut()) {
                (TokenTree::Punct(comma), _) if comma.as_char() == ',' => {
                    chunks.push(TokenStream::new());
                }
                (_, Some(chunk)) => chunk.extend([token]),
                (_, None) => {}
            }
        }
        chunks.into_iter().filter(|chunk| !chunk.is_empty()).map(syn::parse2).collect()
    }

    /// The key as text.
    pub(crate) fn name(&self) -> String {
        self.key.unraw().to_string()
    }

    /// What follows the key.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// Requires that nothing follows the key.
    pub(crate) fn flag(&self) -> Result<()> {
        match &self.value {
            Value::Absent => Ok(()),
            _ => Err(self.mistake("takes no value", &self.name())),
        }
    }

    /// `key` or `key = false`.
    pub(crate) fn switch(&self) -> Result<bool> {
        let example = format!("{0}` or `{0} = false", self.name());
        match &self.value {
            Value::Absent => Ok(true),
            Value::Is(value) => syn::parse2::<LitBool>(value.clone())
                .map(|literal| literal.value)
                .map_err(|_| self.mistake("takes `true` or `false`", &example)),
            Value::List(_) => Err(self.mistake("takes `true` or `false`", &example)),
        }
    }

    /// `key = "value"`.
    pub(crate) fn string(&self, example: &str) -> Result<LitStr> {
        self.is("takes a string", example)
    }

    /// `key = path`.
    pub(crate) fn path(&self, example: &str) -> Result<Path> {
        match &self.value {
            Value::Is(value) => Path::parse_mod_style
                .parse2(value.clone())
                .map_err(|_| self.mistake("takes a path, without quotes", example)),
            _ => Err(self.mistake("takes a path", example)),
        }
    }

    /// `key = value`, for a value that parses as `T`.
    pub(crate) fn is<T: Parse>(&self, takes: &str, example: &str) -> Result<T> {
        match &self.value {
            Value::Is(value) => {
                syn::parse2(value.clone()).map_err(|_| self.mistake(takes, example))
            }
            _ => Err(self.mistake(takes, example)),
        }
    }

    /// `key(...)`, for content that parses as `T`.
    pub(crate) fn list<T: Parse>(&self, takes: &str, example: &str) -> Result<T> {
        let Value::List(group) = &self.value else {
            return Err(self.mistake(takes, example));
        };
        // Parsed within its parentheses, an error at the end of the content points at `)`.
        let within = |input: ParseStream<'_>| {
            let content;
            parenthesized!(content in input);
            content.parse()
        };
        within.parse2(quote!(#group))
    }

    /// A mistake in what follows the key: what the key takes, and what to write.
    pub(crate) fn mistake(&self, takes: &str, example: &str) -> Error {
        let name = self.name();
        Error::new_spanned(self.place(), format!("`{name}` {takes}: write `{example}`"))
    }

    /// The tokens of the value, or of the key where there is none.
    fn place(&self) -> TokenStream {
        match &self.value {
            Value::Absent => self.key.to_token_stream(),
            Value::Is(value) => value.clone(),
            Value::List(group) => group.to_token_stream(),
        }
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected `key`, `key = value` or `key(...)`"));
        }
        let key = input.call(Ident::parse_any)?;
        if input.is_empty() {
            return Ok(Self { key, value: Value::Absent });
        }
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            let value: TokenStream = input.parse()?;
            if value.is_empty() {
                return Err(Error::new_spanned(&key, format!("`{key} =` has no value")));
            }
            return Ok(Self { key, value: Value::Is(value) });
        }
        match input.parse()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                if !input.is_empty() {
                    return Err(input.error("expected `,`"));
                }
                Ok(Self { key, value: Value::List(group) })
            }
            other => {
                // The rest is read so that it is not reported a second time.
                input.parse::<TokenStream>()?;
                Err(Error::new_spanned(other, format!("expected `,`, `=` or `(` after `{key}`")))
            }
        }
    }
}
