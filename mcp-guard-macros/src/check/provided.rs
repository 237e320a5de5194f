//! Rules about borrowed parameters: what the server provides.

use quote::ToTokens;
use syn::{Error, Result, Type, TypeReference};

use crate::{
    errors::Errors,
    function::{
        Parameter,
        types::{self, Obstacle},
    },
    model::{Effect, Tool},
};

const RULES: [fn(&Parameter, &TypeReference) -> Result<()>; 4] =
    [shared, by_name, by_type, not_described];

pub(super) fn check(tool: &Tool, errors: &Errors) {
    for parameter in &tool.function.parameters {
        let Some(reference) = &parameter.borrowed else {
            continue;
        };
        for rule in RULES {
            if errors.keep(rule(parameter, reference)).is_none() {
                break;
            }
        }
    }
    effect_of_something(tool, errors);
    retry_needs_effect(tool, errors);
}

/// Calls run at the same time, so what they share is not changed through a reference.
fn shared(_: &Parameter, reference: &TypeReference) -> Result<()> {
    if let Some(mutability) = &reference.mutability {
        return Err(Error::new_spanned(
            mutability,
            "what the server provides is shared by calls: write `&T`, with a `Mutex` inside if it \
             changes; what the model sends is owned: write `T`",
        ));
    }
    Ok(())
}

/// The call lends what the server provides; there is no lifetime to choose.
fn by_name(_: &Parameter, reference: &TypeReference) -> Result<()> {
    if let Some(lifetime) = &reference.lifetime {
        return Err(Error::new_spanned(
            lifetime,
            "what the server provides is lent for the call: write `&T` without a lifetime",
        ));
    }
    Ok(())
}

/// What is borrowed is looked up by its type among what was provided.
fn by_type(parameter: &Parameter, reference: &TypeReference) -> Result<()> {
    let message = match types::peel(&parameter.ty) {
        Type::Path(path) if path.path.is_ident("str") => {
            "a borrowed parameter is provided by the server, and this looks like the model's: \
             write `String`"
        }
        Type::Slice(_) => {
            "a borrowed parameter is provided by the server, and this looks like the model's: \
             write `Vec<T>`"
        }
        Type::TraitObject(_) => {
            "what the server provides is found by its type: write the type itself, or \
             `&Arc<dyn Trait + Send + Sync>`"
        }
        ty => match Obstacle::find(ty.to_token_stream()) {
            None => return Ok(()),
            Some(Obstacle::ImplTrait(_)) => {
                "what the server provides is found by its type: write the type instead of `impl`"
            }
            Some(Obstacle::Inferred(_)) => {
                "what the server provides is found by its type: write it"
            }
            Some(Obstacle::Reference(_) | Obstacle::Lifetime(_)) => {
                "what the server provides is found by its type, which cannot borrow: write `&T` \
                 with a `T` that owns its data"
            }
        },
    };
    Err(Error::new_spanned(reference, message))
}

/// What the model never sees has no place in its schema.
fn not_described(parameter: &Parameter, _: &TypeReference) -> Result<()> {
    let schema = parameter.described.iter().find(|attribute| !attribute.path().is_ident("doc"));
    match schema.or(parameter.amount.as_ref()) {
        None => Ok(()),
        Some(attribute) => Err(Error::new_spanned(
            attribute,
            "a borrowed parameter is provided by the server and not in the schema: remove this, or \
             own the parameter (`T`) if the model sends it",
        )),
    }
}

/// An effect has a key, and what changes nothing has none.
fn effect_of_something(tool: &Tool, errors: &Errors) {
    if !tool.is_read_only() {
        return;
    }
    for parameter in tool.function.provided().filter(|parameter| types::is_effect(&parameter.ty)) {
        errors.at(
            &parameter.borrowed,
            "a `read_only` tool has no effect: remove this, or write `idempotent` if the tool \
             changes something",
        );
    }
}

/// Trying again is safe only where the backend can tell that it is the same effect.
fn retry_needs_effect(tool: &Tool, errors: &Errors) {
    let Effect::Idempotent(idempotent) = &tool.effect else {
        return;
    };
    let Some(retry) = &idempotent.retry else {
        return;
    };
    if !tool.function.provided().any(|parameter| types::is_effect(&parameter.ty)) {
        errors.at(
            retry,
            "trying again is safe only if the backend is told the key: take `effect: &Effect`, and \
             send `effect.key()` to it",
        );
    }
}
