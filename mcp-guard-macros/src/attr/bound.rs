//! `quantity <= 10`: what, and how much of it at most.

use syn::{
    Error, Ident, LitInt, Result, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
};

/// `quantity <= 10`.
pub(super) struct Bound {
    /// What is bound.
    pub(super) name: Ident,
    /// Its highest value.
    pub(super) max: Integer,
}

impl Bound {
    /// Reads a bound. `usage` says what to write where there is none.
    pub(super) fn parse(input: ParseStream<'_>, usage: impl Fn(Error) -> Error) -> Result<Self> {
        let name = input.call(Ident::parse_any).map_err(&usage)?;
        input.parse::<Token![<=]>().map_err(&usage)?;
        Ok(Self { name, max: input.parse()? })
    }
}

/// An integer literal, with its sign.
pub(super) struct Integer {
    is_negative: bool,
    /// The literal without its sign.
    pub(super) literal: LitInt,
}

impl Integer {
    /// The value of `what`, which is at most `max`.
    pub(super) fn at_most(&self, max: i128, what: &str) -> Result<i128> {
        let value = self.literal.base10_parse().ok().filter(|value| *value <= max);
        let magnitude: i128 = value.ok_or_else(|| {
            Error::new_spanned(
                &self.literal,
                format!("{what} is at most {max}: write that or less"),
            )
        })?;
        Ok(if self.is_negative { -magnitude } else { magnitude })
    }
}

impl Parse for Integer {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let minus: Option<Token![-]> = input.parse()?;
        let literal: LitInt = input.parse().map_err(|error| {
            Error::new(error.span(), "a limit is an integer literal: write `50000`")
        })?;
        if !literal.suffix().is_empty() {
            let digits = literal.base10_digits();
            return Err(Error::new_spanned(
                &literal,
                format!("a limit is a plain integer: write `{digits}`"),
            ));
        }
        Ok(Self { is_negative: minus.is_some(), literal })
    }
}
