//! Rules about owned parameters: the model's arguments.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{Error, Result};

use crate::{
    errors::Errors,
    function::{
        Parameter,
        types::{self, Obstacle},
    },
    model::Tool,
};

const RULES: [fn(&Parameter) -> Result<()>; 4] =
    [described, owned, not_reserved, published_as_named];

const LIMITED_RULES: [fn(&Parameter) -> Result<()>; 2] = [not_float, bound_as_sent];

pub(super) fn check(tool: &Tool, errors: &Errors) {
    for argument in tool.function.arguments() {
        for rule in RULES {
            errors.keep(rule(argument));
        }
    }
    let limited: BTreeSet<_> = tool.limits.iter().map(|limit| limit.parameter).collect();
    for argument in limited.into_iter().map(|index| &tool.function.parameters[index]) {
        for rule in LIMITED_RULES {
            errors.keep(rule(argument));
        }
    }
    for amount in tool.limits.iter().filter(|limit| limit.is_max_amount()) {
        errors.keep(always_sent(&tool.function.parameters[amount.parameter]));
    }
    distinct(tool, errors);
}

/// What the model is not told, it makes up.
fn described(argument: &Parameter) -> Result<()> {
    if argument.docs().is_empty() && !argument.is_pattern {
        let name = argument.plain_name();
        return Err(Error::new_spanned(
            argument,
            format!(
                "the model is not told what `{name}` is: write a doc comment above it, such as \
                 `/// Order to refund, such as ord_8821.`"
            ),
        ));
    }
    Ok(())
}

/// Arguments outlive the message that they came in.
fn owned(argument: &Parameter) -> Result<()> {
    let (tokens, message) = match Obstacle::find(argument.ty.to_token_stream()) {
        None => return Ok(()),
        Some(Obstacle::ImplTrait(tokens)) => {
            (tokens, "the model sends values of one type: write the type instead of `impl`")
        }
        Some(Obstacle::Inferred(tokens)) => (tokens, "an argument's type is written out"),
        Some(Obstacle::Reference(tokens)) => (
            tokens,
            "an argument of the model owns its data: write `String` for `&str` and `Vec<T>` for \
             `&[T]`",
        ),
        Some(Obstacle::Lifetime(tokens)) => (
            tokens,
            "an argument of the model owns its data: write `String` for `Cow<'_, str>`, and types \
             without lifetimes",
        ),
    };
    Err(Error::new_spanned(tokens, message))
}

/// The key is the guard's own argument: every idempotent tool has it.
fn not_reserved(argument: &Parameter) -> Result<()> {
    if argument.wire_name() == "idempotency_key" {
        return Err(Error::new_spanned(
            argument,
            "`idempotency_key` is the guard's own argument: write `effect: &Effect`, and use \
             `effect.key()`",
        ));
    }
    Ok(())
}

/// The schema is made by schemars and the value by serde: they must agree, and a model must be
/// able to send every argument.
fn published_as_named(argument: &Parameter) -> Result<()> {
    if let Some(entry) = argument.entries("schemars").find(|entry| entry.name() == "rename") {
        return Err(Error::new_spanned(
            entry.key,
            "the schema follows serde: write `#[serde(rename = \"...\")]`",
        ));
    }
    if let Some(key) = argument.serde_key(&["flatten"]) {
        return Err(Error::new_spanned(
            key,
            "an argument cannot be flattened, because unknown arguments are refused: write its \
             fields as parameters",
        ));
    }
    if let Some(key) = argument.serde_key(&["skip", "skip_deserializing"]) {
        return Err(Error::new_spanned(
            key,
            "an owned parameter is sent by the model: borrow it (`&T`) if the server provides it",
        ));
    }
    Ok(())
}

/// A float cannot hold every amount: 0.1 + 0.2 is not 0.3.
fn not_float(argument: &Parameter) -> Result<()> {
    if types::is_float(&argument.ty) {
        return Err(Error::new_spanned(
            &argument.ty,
            "an amount is an integer in the currency's minor unit, such as cents: write `u64`",
        ));
    }
    Ok(())
}

/// To a backend, a missing amount often means all of it.
fn always_sent(amount: &Parameter) -> Result<()> {
    if types::is_option(&amount.ty) && !types::is_float(&amount.ty) {
        return Err(Error::new_spanned(
            &amount.ty,
            "an amount that may be missing has no limit when it is: write the integer without \
             `Option`, with `#[serde(default = \"...\")]` if it can be left out",
        ));
    }
    Ok(())
}

/// A limit applies to what was sent under the name that the schema gives.
fn bound_as_sent(argument: &Parameter) -> Result<()> {
    let name = argument.plain_name();
    if let Some(key) = argument.serde_key(&["deserialize_with", "with"]) {
        return Err(Error::new_spanned(
            key,
            format!(
                "`{name}` has a limit, so it is read as it is sent: implement `Deserialize` for its type"
            ),
        ));
    }
    if let Some(key) = argument.split_rename() {
        return Err(Error::new_spanned(
            key,
            format!("`{name}` has a limit, so it has one name: write `rename = \"...\"`"),
        ));
    }
    Ok(())
}

/// Two arguments of one name would both be read from one value.
fn distinct(tool: &Tool, errors: &Errors) {
    let mut names = Vec::new();
    for argument in tool.function.arguments() {
        let name = argument.wire_name();
        if names.contains(&name) {
            errors.at(argument, format!("there is an argument `{name}` already: rename one"));
        }
        names.push(name);
    }
}
