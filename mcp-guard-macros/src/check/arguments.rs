//! Rules about owned parameters: the model's arguments.

use quote::ToTokens;
use syn::{Error, Result};

use crate::{
    errors::Errors,
    function::{
        Parameter,
        types::{self, Obstacle},
    },
    model::{Tool, Use},
};

const RULES: [fn(&Parameter) -> Result<()>; 5] =
    [described, owned, not_secret, not_reserved, published_as_named];

/// An argument that the attribute needs.
#[derive(Clone, Copy)]
struct Needed<'a> {
    argument: &'a Parameter,
    uses: &'a [Use],
}

const NEEDED_RULES: [fn(Needed<'_>) -> Result<()>; 4] =
    [not_float, read_as_sent, not_optional, not_defaulted];

pub(super) fn check(tool: &Tool, errors: &Errors) {
    for argument in tool.function.arguments() {
        for rule in RULES {
            errors.keep(rule(argument));
        }
    }
    let uses = tool.uses();
    for (index, uses) in &uses {
        let needed = Needed { argument: &tool.function.parameters[*index], uses };
        for rule in NEEDED_RULES {
            errors.keep(rule(needed));
        }
    }
    for amount in tool.limits.iter().filter(|limit| limit.is_max_amount()) {
        if why_required(&uses[&amount.parameter]).is_none() {
            errors.keep(always_sent(&tool.function.parameters[amount.parameter]));
        }
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

/// The model never holds what opens a backend. A type of one's own by such a name is refused as well:
/// it asks a model for the same thing.
fn not_secret(argument: &Parameter) -> Result<()> {
    let Some(name) = types::secret(&argument.ty) else {
        return Ok(());
    };
    Err(Error::new_spanned(
        &argument.ty,
        format!(
            "an owned parameter is sent by the model, and the model never holds a `{name}`: write \
             `&{name}`, which the server lends"
        ),
    ))
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

/// A float cannot hold every amount: 0.1 + 0.2 is not 0.3. Nor is it one value as it is sent: 1 and
/// 1.0 are two texts.
fn not_float(Needed { argument, uses }: Needed<'_>) -> Result<()> {
    if !types::is_float(&argument.ty) {
        return Ok(());
    }
    let message = if uses.iter().any(|needed| needed.is_measured()) {
        "an amount is an integer in the currency's minor unit, such as cents: write `u64`"
    } else {
        "what tells operations apart is compared exactly, and a float is not exact: write an \
         integer, or `String`"
    };
    Err(Error::new_spanned(&argument.ty, message))
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

/// What is limited, summed or compared is what was sent under the name that the schema gives.
fn read_as_sent(Needed { argument, uses }: Needed<'_>) -> Result<()> {
    let name = argument.plain_name();
    let does = uses.first().map_or("is needed", |first| first.does());
    if let Some(key) = argument.serde_key(&["deserialize_with", "with"]) {
        return Err(Error::new_spanned(
            key,
            format!(
                "`{name}` {does}, so it is read as it is sent: implement `Deserialize` for its type"
            ),
        ));
    }
    if let Some(key) = argument.split_rename() {
        return Err(Error::new_spanned(
            key,
            format!("`{name}` {does}, so it has one name: write `rename = \"...\"`"),
        ));
    }
    Ok(())
}

/// A model would leave out what stands in its way.
fn not_optional(Needed { argument, uses }: Needed<'_>) -> Result<()> {
    let Some(why) = why_required(uses) else {
        return Ok(());
    };
    // A float is reported as that alone.
    if types::is_option(&argument.ty) && !types::is_float(&argument.ty) {
        let name = argument.plain_name();
        let message = format!("`{name}` {why}: write its type without `Option`");
        return Err(Error::new_spanned(&argument.ty, message));
    }
    Ok(())
}

/// What is defaulted can be left out as well.
fn not_defaulted(Needed { argument, uses }: Needed<'_>) -> Result<()> {
    let Some(why) = why_required(uses) else {
        return Ok(());
    };
    if let Some(key) = argument.serde_key(&["default"]) {
        let name = argument.plain_name();
        let message = format!("`{name}` {why}: remove `default`");
        return Err(Error::new_spanned(key, message));
    }
    Ok(())
}

/// Why an argument must be sent: what it does, and what leaving it out would be good for.
fn why_required(uses: &[Use]) -> Option<String> {
    let (needed, evasion) = uses.iter().find_map(|needed| Some((needed, needed.evasion()?)))?;
    Some(format!("{}, and could be left out {evasion}", needed.does()))
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
