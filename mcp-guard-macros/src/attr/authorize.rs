//! `authorize = ...`: the function that decides on each call whether its caller may do this.

use syn::{
    Ident, Path, Result, parenthesized,
    parse::{Parse, ParseStream},
    token::Paren,
};

use super::names::{self, Names};
use crate::{entry::Entry, errors::Errors};

/// What decides.
pub(crate) struct Authorize {
    /// The function.
    pub(crate) path: Path,
    /// The parameters that it is given, where they are named.
    pub(crate) given: Option<Vec<Ident>>,
}

const TAKES: &str = "takes the function that decides";
const EXAMPLE: &str = "authorize = owns_order` or, to name the parameters that it is given, \
                       `authorize = owns_order(orders, order_id)";

impl Authorize {
    /// `authorize = owns_order` or `authorize = owns_order(orders, order_id)`.
    pub(super) fn read(entry: &Entry, errors: &Errors) -> Result<Self> {
        let Written { path, given } = entry.is(TAKES, EXAMPLE)?;
        Ok(Self { path, given: given.map(|given| given.distinct(errors)) })
    }
}

struct Written {
    path: Path,
    given: Option<Names>,
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let path = names::function(input)?;
        if !input.peek(Paren) {
            return Ok(Self { path, given: None });
        }
        let listed;
        parenthesized!(listed in input);
        Ok(Self { path, given: Some(listed.parse()?) })
    }
}
