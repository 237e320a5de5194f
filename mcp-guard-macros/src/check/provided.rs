//! Rules about borrowed parameters: what the server provides.

use quote::ToTokens;
use syn::{Error, Result, Type, TypeReference};

use crate::{
    errors::Errors,
    function::{
        Parameter,
        types::{self, Obstacle},
    },
    model::{Idempotent, Tool},
};

/// A borrowed parameter.
#[derive(Clone, Copy)]
struct Borrowed<'a> {
    tool: &'a Tool,
    parameter: &'a Parameter,
    reference: &'a TypeReference,
}

const RULES: [fn(Borrowed<'_>) -> Result<()>; 4] = [shared, by_name, by_type, not_described];

pub(super) fn check(tool: &Tool, errors: &Errors) {
    for parameter in &tool.function.parameters {
        let Some(reference) = &parameter.borrowed else {
            continue;
        };
        for rule in RULES {
            if errors.keep(rule(Borrowed { tool, parameter, reference })).is_none() {
                break;
            }
        }
    }
}

/// Calls run at the same time, so what they share is not changed through a reference. A transaction
/// is a call's own.
fn shared(Borrowed { tool, parameter, reference }: Borrowed<'_>) -> Result<()> {
    let Some(mutability) = &reference.mutability else {
        return Ok(());
    };
    if !tool.idempotent().is_some_and(Idempotent::means_transaction) {
        return Err(Error::new_spanned(
            mutability,
            "what the server provides is shared by calls: write `&T`, with a `Mutex` inside if it \
             changes; what the model sends is owned: write `T`; and a transaction of the guard's \
             store is lent to a tool with `idempotent(store = \"transaction\")`",
        ));
    }
    if types::is_of_the_call(&parameter.ty) {
        return Err(Error::new_spanned(
            mutability,
            format!(
                "only the transaction is lent to be written: write `&{}`",
                types::spelled(&parameter.ty)
            ),
        ));
    }
    Ok(())
}

/// The call lends what the server provides; there is no lifetime to choose.
fn by_name(Borrowed { reference, .. }: Borrowed<'_>) -> Result<()> {
    if let Some(lifetime) = &reference.lifetime {
        return Err(Error::new_spanned(
            lifetime,
            "what the server provides is lent for the call: write `&T` without a lifetime",
        ));
    }
    Ok(())
}

/// What is borrowed is looked up by its type among what was provided.
fn by_type(Borrowed { parameter, reference, .. }: Borrowed<'_>) -> Result<()> {
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
fn not_described(Borrowed { parameter, .. }: Borrowed<'_>) -> Result<()> {
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
