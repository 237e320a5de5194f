//! Which parameter each limit binds.

use syn::{Error, LitStr, Result, ext::IdentExt};

use super::Use;
use crate::{
    attr::{self, Attr, MaxAmount},
    errors::Errors,
    function::{Function, Parameter, types},
    suggest,
};

/// A limit, bound to a parameter.
pub(crate) struct Limit {
    /// The parameter's place among the function's parameters.
    pub(crate) parameter: usize,
    /// The highest value.
    pub(crate) max: i128,
    /// The lowest value.
    pub(crate) min: Option<i128>,
    /// The scope of a tier.
    pub(crate) scope: Option<String>,
}

impl Limit {
    /// Whether it is `max_amount`, which alone has a lowest value.
    pub(crate) fn is_max_amount(&self) -> bool {
        self.min.is_some()
    }
}

/// Binds every limit of the attribute to the parameter that it means.
pub(crate) fn resolve(attr: &Attr, function: &Function, errors: &Errors) -> Vec<Limit> {
    let amount = amount_mark(function, errors);
    let mut limits = Vec::new();
    let mut has_unbound = attr.has_unread_limit;
    if let Some(max_amount) = &attr.max_amount {
        let bound = amount.map_or_else(|| amount_by_name(max_amount, function), Ok);
        if let Some(parameter) = errors.keep(bound) {
            limits.push(Limit { parameter, max: max_amount.max, min: Some(0), scope: None });
        } else {
            has_unbound = true;
        }
    }
    // Tiers come after the bases that they raise, in whatever order they are written.
    let (bases, tiers): (Vec<_>, Vec<_>) =
        attr.limits.iter().partition(|limit| limit.scope.is_none());
    for limit in bases {
        let bound = Use::Limited
            .resolve(&limit.parameter, function)
            .and_then(|parameter| base(limit, parameter, &limits));
        limits.extend(errors.keep(bound));
    }
    for limit in tiers {
        let bound = Use::Limited
            .resolve(&limit.parameter, function)
            .and_then(|parameter| tier(limit, parameter, &limits, has_unbound));
        limits.extend(errors.keep(bound));
    }
    if let Some(parameter) = amount.map(|index| &function.parameters[index]) {
        unlimited_amount(attr, parameter, errors);
    }
    limits
}

/// The parameter marked `#[amount]`.
fn amount_mark(function: &Function, errors: &Errors) -> Option<usize> {
    let mut marked = function
        .parameters
        .iter()
        .enumerate()
        .filter(|(_, parameter)| parameter.is_argument())
        .filter_map(|(index, parameter)| Some((index, parameter.amount.as_ref()?)));
    let (first, _) = marked.next()?;
    for (_, mark) in marked {
        errors.at(
            mark,
            "only one parameter is the amount: keep one `#[amount]`, and write \
             `limit(quantity <= 10)` for the others",
        );
    }
    Some(first)
}

/// The only integer parameter with an amount's name.
fn amount_by_name(max_amount: &MaxAmount, function: &Function) -> Result<usize> {
    let named: Vec<_> = function
        .parameters
        .iter()
        .enumerate()
        .filter(|(_, parameter)| parameter.is_argument() && has_amount_name(parameter))
        .collect();
    let integers: Vec<_> =
        named.iter().filter(|(_, parameter)| types::is_integer(&parameter.ty)).collect();
    let at_key = |message: String| Err(Error::new_spanned(&max_amount.key, message));
    match (&integers[..], &named[..]) {
        ([(index, _)], _) => Ok(*index),
        // A float is reported at its type, so that it is changed there.
        ([], [(index, parameter)]) if types::is_float(&parameter.ty) => Ok(*index),
        ([], []) => at_key(
            "`max_amount` finds no amount: mark the integer parameter that it limits with \
             `#[amount]`, or name it `amount`, `amount_cents` or the like"
                .to_owned(),
        ),
        ([], _) => at_key(format!(
            "`max_amount` finds no integer among {}: write an integer type such as `u64`, or mark \
             the parameter that it limits with `#[amount]`",
            candidates(named.iter().map(|(_, parameter)| *parameter))
        )),
        _ => at_key(format!(
            "`max_amount` could limit several parameters: mark one of {} with `#[amount]`",
            candidates(integers.iter().map(|(_, parameter)| *parameter))
        )),
    }
}

fn has_amount_name(parameter: &Parameter) -> bool {
    let name = parameter.plain_name();
    name == "amount" || name.starts_with("amount_") || name.ends_with("_amount")
}

fn candidates<'a>(parameters: impl Iterator<Item = &'a Parameter>) -> String {
    let names: Vec<_> = parameters.map(Parameter::plain_name).collect();
    suggest::list(names.iter().map(String::as_str))
}

/// A limit for everyone, of which a parameter has one.
fn base(limit: &attr::Limit, parameter: usize, so_far: &[Limit]) -> Result<Limit> {
    if so_far.iter().any(|other| other.parameter == parameter) {
        let name = limit.parameter.unraw();
        return Err(Error::new_spanned(
            &limit.parameter,
            format!(
                "`{name}` has a limit already: keep one, or write `scope = \"...\"` in this one \
                 to make it a higher tier"
            ),
        ));
    }
    Ok(Limit { parameter, max: limit.max, min: None, scope: None })
}

/// A higher limit for callers with a scope. `has_unbound`: there is a limit of
/// which it is not known whose it is, and which was reported.
fn tier(
    limit: &attr::Limit,
    parameter: usize,
    so_far: &[Limit],
    has_unbound: bool,
) -> Result<Limit> {
    let name = limit.parameter.unraw();
    let scope = limit.scope.as_ref().map(LitStr::value);
    let same = so_far.iter().filter(|other| other.parameter == parameter);
    if same.clone().any(|other| other.scope == scope) {
        return Err(Error::new_spanned(
            &limit.scope,
            format!("`{name}` has a tier for this scope already: keep one"),
        ));
    }
    match same.clone().find(|other| other.scope.is_none()) {
        Some(base) if base.max >= limit.max => Err(Error::new_spanned(
            &limit.literal,
            format!("a tier is higher than everyone's limit: write more than {}", base.max),
        )),
        None if !has_unbound => Err(Error::new_spanned(
            &limit.parameter,
            format!("a tier raises everyone's limit: write `limit({name} <= ...)` for that, too"),
        )),
        _ => Ok(Limit { parameter, max: limit.max, min: None, scope }),
    }
}

/// `#[amount]` is there for a limit.
fn unlimited_amount(attr: &Attr, parameter: &Parameter, errors: &Errors) {
    let name = parameter.name.unraw();
    let limited = attr.has_unread_limit
        || attr.has("max_amount")
        || attr.limits.iter().any(|limit| limit.parameter.unraw() == name);
    if !limited {
        errors.at(
            &parameter.amount,
            "`#[amount]` marks what `max_amount` limits: write `max_amount = 50000` in \
             `#[guarded_tool(...)]`",
        );
    }
}
