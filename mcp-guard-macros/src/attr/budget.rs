//! `budget(amount_cents <= 200_000, per = "24h")`: how much many calls may take together.

use std::time::Duration;

use proc_macro2::TokenStream;
use syn::{
    Error, Ident, Result, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
};

use super::{
    Written,
    bound::{Bound, Integer},
    duration,
};
use crate::{entry::Entry, errors::Errors};

/// `budget(amount_cents <= 200_000, per = "24h", of = caller)`.
pub(crate) struct Budget {
    /// Where it is written.
    pub(crate) key: Ident,
    /// The parameter that is summed, or `calls`.
    pub(crate) counted: Ident,
    /// The highest sum.
    pub(crate) max: u64,
    /// Within which time.
    pub(crate) per: Duration,
    /// Whose calls are counted together, where it is written.
    pub(crate) of: Option<Ident>,
}

const EXAMPLE: &str =
    "budget(amount_cents <= 200_000, per = \"24h\")` or `budget(calls <= 20, per = \"1h\")";

/// 2⁵³ − 1: up to here, every store counts exactly. The runtime's `MAX_CAP`.
const MAX_CAP: i128 = (1 << 53) - 1;

impl Budget {
    /// Reads `budget(...)`; nothing, where it has a mistake.
    pub(crate) fn read(entry: &Entry, errors: &Errors) -> Option<Self> {
        let list = entry.list("takes what is counted, the most of it, and a time", EXAMPLE);
        let Parts { bound, settings } = errors.keep(list)?;
        let max = errors.keep(cap(&bound.max));
        let Settings { per, of } = Settings::read(settings, entry, errors)?;
        Some(Self { key: entry.key.clone(), counted: bound.name, max: max?, per, of })
    }
}

/// What stands behind the bound.
struct Settings {
    per: Duration,
    of: Option<Ident>,
}

impl Settings {
    fn read(tokens: TokenStream, budget: &Entry, errors: &Errors) -> Option<Self> {
        let mut written = Written::new("budget(...)", &["per", "of"], &[]);
        let mut per = None;
        let mut of = None;
        let mut is_sound = true;
        for setting in Entry::split(tokens) {
            let read = setting.and_then(|setting| {
                written.note(&setting)?;
                match setting.name().as_str() {
                    "per" => per = Some(duration::of_entry(&setting, "24h")?),
                    _ => of = Some(whose(&setting)?),
                }
                Ok(())
            });
            is_sound &= errors.keep(read).is_some();
        }
        if !written.has("per") {
            errors.at(&budget.key, "a budget is for a time: write `per = \"24h\"` in it");
        }
        if is_sound { Some(Self { per: per?, of }) } else { None }
    }
}

/// What is counted, how much of it at most, and the rest.
struct Parts {
    bound: Bound,
    settings: TokenStream,
}

impl Parse for Parts {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let usage = |error: Error| Error::new(error.span(), format!("write `{EXAMPLE}`"));
        let bound = Bound::parse(input, usage)?;
        if !input.is_empty() {
            input.parse::<Token![,]>().map_err(usage)?;
        }
        Ok(Self { bound, settings: input.parse()? })
    }
}

fn cap(written: &Integer) -> Result<u64> {
    let max = written.at_most(MAX_CAP, "a budget")?;
    u64::try_from(max).ok().filter(|max| *max > 0).ok_or_else(|| {
        Error::new_spanned(
            &written.literal,
            "a budget of nothing allows nothing: write the most that calls may take together, \
             such as `200_000`",
        )
    })
}

/// `of = caller`.
fn whose(entry: &Entry) -> Result<Ident> {
    let takes = "takes `caller`, `tenant`, `tool` or a parameter";
    entry.is::<Name>(takes, "of = tenant").map(|Name(name)| name)
}

/// A name, which may be a keyword.
struct Name(Ident);

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input.call(Ident::parse_any).map(Self)
    }
}
