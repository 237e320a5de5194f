//! Rules about the functions that the attribute names.

use crate::{
    errors::Errors,
    model::{Named, Tool},
};

pub(super) fn check(tool: &Tool, errors: &Errors) {
    for named in tool.named() {
        is_there(tool, &named, errors);
    }
}

/// `Self` is the type whose method the tool is, and a free function has none.
fn is_there(tool: &Tool, named: &Named<'_>, errors: &Errors) {
    let function = &tool.function;
    let is_free = function.owner.is_none() && function.receiver.is_none();
    if is_free
        && let Some(first) = named.path.segments.first()
        && first.ident == "Self"
    {
        let example = named.written(named.example);
        errors.at(
            first,
            format!("a function has no `Self`: write the path of a function, such as `{example}`"),
        );
    }
}
