//! `#[derive(ToolError)]`: what each failure means.
//!
//! The same way as a tool's: tokens, what the attributes say, check, expansion.

mod attr;
mod expand;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Ident, Member, ext::IdentExt, spanned::Spanned};

use self::attr::{Attr, Meaning, Place, Says};
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

/// One case of an error.
struct Case {
    /// The variant; a struct has none.
    variant: Option<Ident>,
    /// What it says.
    says: Says,
    /// The error within, for `transparent`.
    inner: Option<(Member, syn::Type)>,
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

impl Case {
    fn new(
        variant: Option<&Ident>,
        name: &Ident,
        attr: Attr,
        fields: &Fields,
        errors: &Errors,
    ) -> Self {
        let says = attr.settle(name, &snake_case(&name.unraw().to_string()), errors);
        let mut inner = None;
        if let Meaning::Transparent(key) = &says.meaning {
            inner = only_field(fields);
            if inner.is_none() {
                errors.at(
                    key,
                    "`transparent` passes on what the error within says: write exactly one field",
                );
            }
        }
        Self { variant: variant.cloned(), says, inner }
    }
}

fn only_field(fields: &Fields) -> Option<(Member, syn::Type)> {
    let mut all = fields.iter();
    let (field, None) = (all.next()?, all.next()) else {
        return None;
    };
    let member = field.ident.clone().map_or_else(
        || Member::Unnamed(syn::Index { index: 0, span: field.span() }),
        Member::Named,
    );
    Some((member, field.ty.clone()))
}

/// `NoSuchOrder` as `no_such_order`, and `HTTPError` as `http_error`.
fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let after_lower = index > 0 && !letters[index - 1].is_uppercase();
        let before_lower = letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        let starts_word = letter.is_uppercase() && (after_lower || before_lower);
        if index > 0 && starts_word && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_names_of_variants() {
        for (name, code) in [
            ("NoSuchOrder", "no_such_order"),
            ("Timeout", "timeout"),
            ("HTTPError", "http_error"),
            ("IO", "io"),
            ("Http2Stream", "http2_stream"),
            ("Odd_Name", "odd_name"),
        ] {
            assert_eq!(snake_case(name), code);
        }
    }
}
