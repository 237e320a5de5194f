//! Rules about the effect: who may have one, and what becomes of it when its outcome is unknown.

use crate::{
    errors::Errors,
    function::types,
    model::{Idempotent, OnUnknown, Tool},
};

pub(super) fn check(tool: &Tool, errors: &Errors) {
    match tool.idempotent() {
        None => nothing_without_record(tool, errors),
        Some(idempotent) => {
            retry_needs_effect(tool, idempotent, errors);
            dispatch_needs_effect(tool, idempotent, errors);
        }
    }
}

/// What changes nothing has no record, in which a key is and a budget could be held.
fn nothing_without_record(tool: &Tool, errors: &Errors) {
    for parameter in tool.function.provided().filter(|parameter| types::is_effect(&parameter.ty)) {
        errors.at(
            &parameter.borrowed,
            "a `read_only` tool has no effect: remove this, or write `idempotent` if the tool \
             changes something",
        );
    }
    for budget in &tool.budgets {
        errors.at(
            &budget.key,
            "a `read_only` tool has no record that a budget could be held in: remove this, or \
             write `idempotent` if the tool changes something",
        );
    }
}

/// Trying again is safe only where the backend can tell that it is the same effect, or where the
/// first one was undone.
fn retry_needs_effect(tool: &Tool, idempotent: &Idempotent, errors: &Errors) {
    let OnUnknown::Retry(retry) = &idempotent.on_unknown else {
        return;
    };
    if !tool.function.takes_effect() && !idempotent.means_transaction() {
        errors.at(
            retry,
            "trying again is safe only if the backend is told the key: take `effect: &Effect`, and \
             send `effect.key()` to it; or, if the effect is in the database of the guard's \
             store, write `store = \"transaction\"`",
        );
    }
}

/// The effect is what marks the moment.
fn dispatch_needs_effect(tool: &Tool, idempotent: &Idempotent, errors: &Errors) {
    let Some(dispatch) = &idempotent.dispatch else {
        return;
    };
    if !tool.function.takes_effect() && !idempotent.means_transaction() {
        errors.at(
            dispatch,
            "the body marks the moment before which nothing was done: take `effect: &Effect`, and \
             write `effect.dispatch().await?` there",
        );
    }
}
