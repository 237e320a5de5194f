//! `max_amount = 50000` and `limit(quantity <= 10)`: how much at most.

use syn::{
    Error, Ident, LitInt, LitStr, Result, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
};

use super::access;
use crate::entry::Entry;

/// `max_amount = 50000`.
pub(crate) struct MaxAmount {
    /// Where it is written.
    pub(crate) key: Ident,
    /// The highest amount.
    pub(crate) max: i128,
}

/// `limit(quantity <= 10)`, or `limit(quantity <= 100, scope = "bulk")`.
pub(crate) struct Limit {
    /// The parameter.
    pub(crate) parameter: Ident,
    /// The highest value.
    pub(crate) max: i128,
    /// Where the highest value is written.
    pub(crate) literal: LitInt,
    /// The scope of a tier.
    pub(crate) scope: Option<LitStr>,
}

impl MaxAmount {
    /// Reads `max_amount = 50000`.
    pub(crate) fn read(entry: &Entry) -> Result<Self> {
        let takes = "takes an integer, in the currency's minor unit, such as cents";
        let example = "max_amount = 50000";
        let Integer { value: max, literal } = entry.is(takes, example)?;
        if max < 0 {
            return Err(Error::new_spanned(literal, "`max_amount` cannot be negative"));
        }
        Ok(Self { key: entry.key.clone(), max })
    }
}

impl Limit {
    /// Reads `limit(...)`.
    pub(crate) fn read(entry: &Entry) -> Result<Self> {
        entry.list("takes a parameter and its highest value", EXAMPLE)
    }
}

const EXAMPLE: &str = "limit(quantity <= 10)` or, for callers with a scope, `limit(quantity <= 100, scope = \"bulk\")";

impl Parse for Limit {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let usage = |error: Error| Error::new(error.span(), format!("write `{EXAMPLE}`"));
        let parameter = input.call(Ident::parse_any).map_err(usage)?;
        input.parse::<Token![<=]>().map_err(usage)?;
        let Integer { value: max, literal } = input.parse()?;
        let mut scope = None;
        while !input.is_empty() {
            input.parse::<Token![,]>().map_err(usage)?;
            if input.is_empty() {
                break;
            }
            if scope.is_some() {
                return Err(input.error("a limit takes one `scope`: write one `limit(...)` each"));
            }
            let entry = input.parse::<Entry>().map_err(usage)?;
            if entry.name() != "scope" {
                return Err(usage(Error::new_spanned(&entry.key, "")));
            }
            let tier = entry.string("scope = \"refunds:large\"")?;
            access::check(&tier)?;
            scope = Some(tier);
        }
        Ok(Self { parameter, max, literal, scope })
    }
}

/// An integer literal, with its sign.
struct Integer {
    value: i128,
    literal: LitInt,
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
        let value: i128 = literal.base10_parse().map_err(|_| {
            Error::new_spanned(
                &literal,
                "a limit is at most 170141183460469231731687303715884105727",
            )
        })?;
        Ok(Self { value: if minus.is_some() { -value } else { value }, literal })
    }
}
