//! What can be told of a type from its tokens alone.

use proc_macro2::{Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};

const INTEGERS: [&str; 12] =
    ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize"];
const FLOATS: [&str; 2] = ["f32", "f64"];

/// The type without the invisible delimiters of `macro_rules!` and without parentheses.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        _ => ty,
    }
}

/// Whether it is spelled as an integer, or as an optional one.
pub(crate) fn is_integer(ty: &Type) -> bool {
    names_number(ty, &INTEGERS)
}

/// Whether it is spelled as a floating-point number, or as an optional one.
pub(crate) fn is_float(ty: &Type) -> bool {
    names_number(ty, &FLOATS)
}

/// Whether it is spelled as text, a number, a boolean, or an option or list of these.
pub(crate) fn is_plain(ty: &Type) -> bool {
    let Some(segment) = last_segment(ty) else {
        return false;
    };
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        let plain = |name| segment.ident == name;
        return plain("String")
            || plain("bool")
            || INTEGERS.into_iter().any(plain)
            || FLOATS.into_iter().any(plain);
    };
    (segment.ident == "Option" || segment.ident == "Vec")
        && matches!(arguments.args.first(), Some(GenericArgument::Type(inner)) if is_plain(inner))
}

/// Whether it is spelled as an `Option`.
pub(crate) fn is_option(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "Option")
}

/// Whether the path's last segment is `Effect`.
pub(crate) fn is_effect(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "Effect")
}

/// Whether the path's last segment is that of what every call lends of its own: `Effect`, `Caller` or
/// `Credential`.
pub(crate) fn is_of_the_call(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| {
        ["Effect", "Caller", "Credential"].iter().any(|name| segment.ident == name)
    })
}

/// The path's last segment, if that is `Credential` or `Secret`.
pub(crate) fn secret(ty: &Type) -> Option<&Ident> {
    let name = &last_segment(ty)?.ident;
    (name == "Credential" || name == "Secret").then_some(name)
}

/// Whether the path's last segment is `Caller`.
pub(crate) fn is_caller(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "Caller")
}

fn names_number(ty: &Type, names: &[&str]) -> bool {
    let Some(segment) = last_segment(ty) else {
        return false;
    };
    if segment.ident != "Option" {
        return names.iter().any(|name| segment.ident == name);
    }
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return false;
    };
    matches!(
        arguments.args.first(),
        Some(GenericArgument::Type(inner))
            if last_segment(inner).is_some_and(|inner| names.iter().any(|name| inner.ident == name))
    )
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match peel(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// What keeps a type from standing outside of a signature.
pub(crate) enum Obstacle {
    /// `impl Trait`.
    ImplTrait(TokenStream),
    /// A reference, unless it is `'static`.
    Reference(TokenStream),
    /// A lifetime other than `'static`.
    Lifetime(TokenStream),
    /// `_`.
    Inferred(TokenStream),
}

impl Obstacle {
    /// The tokens that it is.
    pub(crate) fn tokens(&self) -> &TokenStream {
        match self {
            Self::ImplTrait(tokens)
            | Self::Reference(tokens)
            | Self::Lifetime(tokens)
            | Self::Inferred(tokens) => tokens,
        }
    }

    /// The first one in these tokens.
    pub(crate) fn find(tokens: TokenStream) -> Option<Self> {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match &token {
                TokenTree::Group(group) => {
                    if let Some(found) = Self::find(group.stream()) {
                        return Some(found);
                    }
                }
                TokenTree::Ident(ident) if ident == "impl" => {
                    return Some(Self::ImplTrait(token.into_token_stream()));
                }
                TokenTree::Ident(ident) if ident == "_" => {
                    return Some(Self::Inferred(token.into_token_stream()));
                }
                TokenTree::Punct(quote)
                    if quote.as_char() == '\'' && quote.spacing() == Spacing::Joint =>
                {
                    let Some(name) = tokens.next() else { continue };
                    if !is_static(&name) {
                        return Some(Self::Lifetime([token, name].into_iter().collect()));
                    }
                }
                TokenTree::Punct(and) if and.as_char() == '&' => {
                    let quoted = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'');
                    if !quoted {
                        return Some(Self::Reference(token.into_token_stream()));
                    }
                }
                _ => {}
            }
        }
        None
    }
}

fn is_static(name: &TokenTree) -> bool {
    matches!(name, TokenTree::Ident(ident) if ident == "static")
}

/// The type as a person writes it.
pub(crate) fn spelled(ty: &Type) -> String {
    let mut text = ty.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" ;", ";"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

/// The type with `Self` spelled out, so that it means the same outside of the `impl`.
pub(crate) fn without_self(ty: &Type, owner: &Type) -> Type {
    let tokens = spell_out(ty.to_token_stream(), owner);
    syn::parse2(tokens.clone()).unwrap_or(Type::Verbatim(tokens))
}

fn spell_out(tokens: TokenStream, owner: &Type) -> TokenStream {
    let spelled_out = |token: TokenTree| match token {
        TokenTree::Ident(ident) if ident == "Self" => at(owner.to_token_stream(), &ident),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), spell_out(group.stream(), owner));
            inner.set_span(group.span());
            TokenTree::Group(inner).into()
        }
        other => other.into(),
    };
    tokens.into_iter().flat_map(|token| -> TokenStream { spelled_out(token) }).collect()
}

/// The tokens, reported where `place` stands.
fn at(tokens: TokenStream, place: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(place.span());
            token
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn numbers_are_judged_by_their_last_segment() {
        for ty in [
            "u64",
            "i128",
            "usize",
            "core::primitive::u8",
            "Option<u64>",
            "(u64)",
            "std::option::Option<i64>",
        ] {
            let ty: Type = syn::parse_str(ty).unwrap();
            assert!(is_integer(&ty) && !is_float(&ty), "{}", spelled(&ty));
        }
        for ty in ["f64", "Option<f32>"] {
            let ty: Type = syn::parse_str(ty).unwrap();
            assert!(is_float(&ty) && !is_integer(&ty), "{}", spelled(&ty));
        }
        for ty in ["String", "Cents", "Vec<u64>", "[u64; 2]", "Option<Option<u64>>"] {
            let ty: Type = syn::parse_str(ty).unwrap();
            assert!(!is_float(&ty) && !is_integer(&ty), "{}", spelled(&ty));
        }
    }

    #[test]
    fn obstacles_are_found_at_any_depth() {
        let find = |text: &str| Obstacle::find(text.parse().unwrap());
        assert!(matches!(find("Vec<(impl Copy, u8)>"), Some(Obstacle::ImplTrait(_))));
        assert!(matches!(find("Option<&str>"), Some(Obstacle::Reference(_))));
        assert!(matches!(find("Cow<'a, str>"), Some(Obstacle::Lifetime(_))));
        assert!(matches!(find("Cow<'_, str>"), Some(Obstacle::Lifetime(_))));
        assert!(matches!(find("&'a str"), Some(Obstacle::Lifetime(_))));
        assert!(matches!(find("Vec<_>"), Some(Obstacle::Inferred(_))));
        assert!(find("Result<(&'static str, Cow<'static, [u8; 4]>), ()>").is_none());
    }

    #[test]
    fn types_are_spelled_as_people_write_them() {
        for text in ["Payments", "std::sync::Arc<dyn Ledger>", "HashMap<String, Vec<u8>>"] {
            assert_eq!(spelled(&syn::parse_str(text).unwrap()), text);
        }
    }

    #[test]
    fn self_is_spelled_out_at_any_depth() {
        let owner: Type = parse_quote!(a::Payments);
        let ty = without_self(&parse_quote!(Result<(Self, u8), [Self; 2]>), &owner);
        assert_eq!(spelled(&ty), "Result<(a::Payments, u8), [a::Payments; 2]>");
    }
}
