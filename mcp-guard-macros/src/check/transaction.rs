//! Rules about `idempotent(store = "transaction")`: claim, effect and record are one transaction of
//! the guard's store.

use syn::{LitStr, Token};

use crate::{
    errors::Errors,
    function::{Parameter, types},
    model::{Idempotent, OnUnknown, Tool},
};

pub(super) fn check(tool: &Tool, errors: &Errors) {
    if let Some(idempotent) = tool.idempotent() {
        if idempotent.means_transaction() {
            one_handle(tool, errors);
            nothing_to_find_out(idempotent, errors);
        }
        if let Some(transaction) = &idempotent.transaction {
            a_handle(tool, transaction, errors);
        }
    }
}

/// A body that writes elsewhere is not part of the transaction.
fn a_handle(tool: &Tool, transaction: &LitStr, errors: &Errors) {
    if handles(tool).next().is_none() {
        errors.at(
            transaction,
            "the effect is written in the transaction that the store lends, and no parameter takes \
             it: write `tx: &mut PgTransaction`, with the type of the store that the guard has",
        );
    }
}

/// A call has one transaction.
fn one_handle(tool: &Tool, errors: &Errors) {
    for another in handles(tool).skip(1) {
        errors.at(
            another,
            "a call has one transaction, and there is a parameter for it already: write `&T` for \
             what the server provides",
        );
    }
}

/// The `mut` of each parameter that a transaction could be lent to. What the
/// call lends of its own is reported as what it is.
fn handles(tool: &Tool) -> impl Iterator<Item = &Token![mut]> {
    let could_be = |parameter: &&Parameter| !types::is_of_the_call(&parameter.ty);
    tool.function.provided().filter(could_be).filter_map(Parameter::written)
}

/// A transaction was committed or was not, and its record says which.
fn nothing_to_find_out(idempotent: &Idempotent, errors: &Errors) {
    if let Some((lease, _)) = &idempotent.lease {
        errors.at(lease, "a transaction ends with its process, so it has no lease: remove `lease`");
    }
    if let Some(dispatch) = &idempotent.dispatch {
        errors.at(
            dispatch,
            "nothing is done before a transaction is committed, so there is no moment to mark: \
             remove `dispatch`",
        );
    }
    if let OnUnknown::Reconcile(reconcile, _) = &idempotent.on_unknown {
        errors.at(
            reconcile,
            "a transaction was committed or was not, and its record says which: remove \
             `on_unknown`",
        );
    }
}
