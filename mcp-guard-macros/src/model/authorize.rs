//! What the function that authorizes is given.

use syn::{Error, Ident, Path, Result, ext::IdentExt};

use crate::{
    attr::{self, Attr},
    errors::Errors,
    function::{Function, Parameter, types},
    suggest,
};

/// The function that decides on each call whether its caller may do this.
pub(crate) struct Authorize {
    /// The function.
    pub(crate) path: Path,
    /// The places of the parameters that it is given, after the caller.
    pub(crate) given: Vec<usize>,
}

/// Finds the parameters that are named; where none are, the function is given all that there are
/// before the call is permitted.
pub(super) fn resolve(attr: &mut Attr, function: &Function, errors: &Errors) -> Option<Authorize> {
    let attr::Authorize { path, given } = attr.authorize.take()?;
    let given = match given {
        Some(named) => {
            let places = named.iter().map(|name| place(name, function));
            places.filter_map(|place| errors.keep(place)).collect()
        }
        None => by_default(function),
    };
    Some(Authorize { path, given })
}

/// What the server provides, then what the model sends.
fn by_default(function: &Function) -> Vec<usize> {
    let places = |is_argument: bool| {
        let parameters = function.parameters.iter().enumerate();
        parameters
            .filter(move |(_, it)| it.is_argument() == is_argument && why_not(it).is_none())
            .map(|(place, _)| place)
    };
    places(false).chain(places(true)).collect()
}

/// Why a function that authorizes is not given this one.
fn why_not(parameter: &Parameter) -> Option<&'static str> {
    if parameter.is_argument() {
        None
    } else if types::is_caller(&parameter.ty) {
        Some("is given first in any case")
    } else if parameter.written().is_some() {
        Some("is not begun before the call is permitted")
    } else if types::is_of_the_call(&parameter.ty) {
        Some("is not there before the call is permitted")
    } else {
        None
    }
}

/// The place of the parameter that is named.
fn place(named: &Ident, function: &Function) -> Result<usize> {
    let name = named.unraw().to_string();
    let found = function.parameters.iter().position(|parameter| parameter.plain_name() == name);
    let Some(place) = found else { return Err(unknown(named, &name, function)) };
    match why_not(&function.parameters[place]) {
        None => Ok(place),
        Some(reason) => Err(Error::new_spanned(named, format!("`{name}` {reason}: remove it"))),
    }
}

fn unknown(named: &Ident, name: &str, function: &Function) -> Error {
    let given = function.parameters.iter().filter(|parameter| why_not(parameter).is_none());
    let given: Vec<_> = given.map(Parameter::plain_name).collect();
    let known = || given.iter().map(String::as_str);
    let hint = match suggest::nearest(name, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if given.is_empty() => "it has none to give, so remove this".to_owned(),
        None => format!("write one of {}", suggest::list(known())),
    };
    Error::new_spanned(named, format!("the function has no parameter `{name}`: {hint}"))
}
