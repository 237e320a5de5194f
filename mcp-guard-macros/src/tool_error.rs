//! `#[derive(ToolError)]`: what each failure means.
//!
//! The same way as a tool's: tokens, what the attributes say, check, expansion.

mod attr;
mod case;
mod expand;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use self::{
    attr::{Attr, Place},
    case::Case,
};
use crate::{errors::Errors, model};

/// An error type.
struct Type {
    /// The path of `mcp_guard`.
    guard: TokenStream,
    /// The type as it is written.
    input: DeriveInput,
    /// Its cases: an enum's variants, or a struct itself.
    cases: Vec<Case>,
}

/// Implements `ToolError` for the type, or says what is wrong.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let errors = Errors::new();
    let ty = Type::new(input, &errors);
    match errors.finish() {
        Ok(()) => expand::implementation(&ty),
        Err(error) => {
            let mistakes = error.to_compile_error();
            let fallback = expand::fallback(&ty);
            quote!(#mistakes #fallback)
        }
    }
}

impl Type {
    fn new(input: DeriveInput, errors: &Errors) -> Self {
        let place = match &input.data {
            Data::Struct(_) => Place::Struct,
            Data::Enum(_) | Data::Union(_) => Place::Enum,
        };
        let attr = Attr::parse(&input.attrs, place, errors);
        let guard = model::guard_path(attr.krate.as_ref());
        let cases = match &input.data {
            Data::Enum(data) => data
                .variants
                .iter()
                .map(|variant| {
                    let attr = Attr::parse(&variant.attrs, Place::Variant, errors);
                    Case::new(Some(&variant.ident), &variant.ident, attr, &variant.fields, errors)
                })
                .collect(),
            Data::Struct(data) => {
                vec![Case::new(None, &input.ident, attr, &data.fields, errors)]
            }
            Data::Union(data) => {
                errors.at(
                    data.union_token,
                    "`ToolError` is for enums and structs: write an enum with a variant for each \
                     failure",
                );
                Vec::new()
            }
        };
        Self { guard, input, cases }
    }
}
