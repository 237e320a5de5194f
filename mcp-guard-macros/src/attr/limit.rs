//! `max_amount = 50000` and `limit(quantity <= 10)`: how much one call may ask for.

use syn::{
    Error, Ident, LitInt, LitStr, Result, Token,
    parse::{Parse, ParseStream},
};

use super::{
    access,
    bound::{Bound, Integer},
};
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
        let written: Integer = entry.is(takes, "max_amount = 50000")?;
        let max = highest(&written)?;
        if max < 0 {
            return Err(Error::new_spanned(written.literal, "`max_amount` cannot be negative"));
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

fn highest(written: &Integer) -> Result<i128> {
    written.at_most(i128::MAX, "a limit")
}

impl Parse for Limit {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let usage = |error: Error| Error::new(error.span(), format!("write `{EXAMPLE}`"));
        let Bound { name: parameter, max: written } = Bound::parse(input, usage)?;
        let max = highest(&written)?;
        if !input.is_empty() {
            input.parse::<Token![,]>().map_err(usage)?;
        }
        let mut scope = None;
        for entry in Entry::split(input.parse()?) {
            let entry = entry.map_err(usage)?;
            if entry.name() != "scope" {
                return Err(usage(Error::new_spanned(&entry.key, "")));
            }
            if scope.is_some() {
                return Err(Error::new_spanned(
                    &entry.key,
                    "a limit takes one `scope`: write one `limit(...)` each",
                ));
            }
            let tier = entry.string("scope = \"refunds:large\"")?;
            access::check(&tier)?;
            scope = Some(tier);
        }
        Ok(Self { parameter, max, literal: written.literal, scope })
    }
}
