//! What one case of an error says: the attribute joined with the variant or struct under it.

use std::time::Duration;

use syn::{Fields, Ident, Index, Member, Type, ext::IdentExt, spanned::Spanned};

use super::attr::{Attr, Meaning, WHAT_TO_WRITE};
use crate::errors::Errors;

/// One case of an error.
pub(super) struct Case {
    /// The variant; a struct has none.
    pub(super) variant: Option<Ident>,
    /// What it says.
    pub(super) says: Says,
}

/// What a case says.
pub(super) enum Says {
    /// A report of its own.
    Own(Report),
    /// What the error within says.
    Inner(Member, Type),
}

/// A report, as constants.
pub(super) struct Report {
    /// A variant of `Class`.
    pub(super) class: &'static str,
    /// Its stable name.
    pub(super) code: String,
    /// Whether its message may be shown.
    pub(super) public: bool,
    /// How long to wait before trying again.
    pub(super) retry_after: Option<Duration>,
    /// The argument that it is about, as a JSON pointer.
    pub(super) field: Option<String>,
}

impl Case {
    /// Joins the two. `name` is the variant's or the struct's. What is wrong is noted as a mistake,
    /// and something stands in for it.
    pub(super) fn new(
        variant: Option<&Ident>,
        name: &Ident,
        attr: Attr,
        fields: &Fields,
        errors: &Errors,
    ) -> Self {
        let variant = variant.cloned();
        if attr.meaning.is_none() && !attr.misread {
            let message =
                format!("it is not said what `{name}` means to the caller: {WHAT_TO_WRITE}");
            errors.at(name, message);
        }
        let class = match &attr.meaning {
            Some(Meaning::Class(class)) => class,
            Some(Meaning::Transparent(key)) => {
                nothing_beside(&attr, errors);
                if let Some((member, ty)) = only_field(fields) {
                    return Self { variant, says: Says::Inner(member, ty) };
                }
                errors.at(
                    key,
                    "`transparent` passes on what the error within says: write exactly one field",
                );
                "Internal"
            }
            // Every key may stand beside it, so that no second mistake follows.
            None => "Transient",
        };
        if attr.meaning.is_some() {
            retry_after_transient(&attr, class, errors);
        }
        let report = Report {
            class,
            code: attr.code.map_or_else(|| snake_case(&name.unraw().to_string()), |(_, code)| code),
            public: attr.public.is_some(),
            retry_after: attr.retry_after.map(|(_, retry_after)| retry_after),
            field: attr.field.map(|(_, field)| field),
        };
        Self { variant, says: Says::Own(report) }
    }
}

/// `transparent` is all that a case says: the rest is said by the error within.
fn nothing_beside(attr: &Attr, errors: &Errors) {
    let keys = [
        attr.code.as_ref().map(|(key, _)| key),
        attr.public.as_ref(),
        attr.retry_after.as_ref().map(|(key, _)| key),
        attr.field.as_ref().map(|(key, _)| key),
    ];
    for key in keys.into_iter().flatten() {
        errors.at(
            key,
            format!(
                "`transparent` passes on what the error within says: remove `{key}`, or say what \
                 it means here"
            ),
        );
    }
}

/// Only what certainly did nothing is safe to try again.
fn retry_after_transient(attr: &Attr, class: &str, errors: &Errors) {
    let is_transparent = matches!(attr.meaning, Some(Meaning::Transparent(_)));
    if let (Some((key, _)), false) = (&attr.retry_after, class == "Transient" || is_transparent) {
        errors.at(
            key,
            "`retry_after` is for `transient`, because nothing else is safe to try again: remove \
             it, or write `transient` if nothing was done",
        );
    }
}

fn only_field(fields: &Fields) -> Option<(Member, Type)> {
    let mut all = fields.iter();
    let (field, None) = (all.next()?, all.next()) else {
        return None;
    };
    let member = field
        .ident
        .clone()
        .map_or_else(|| Member::Unnamed(Index { index: 0, span: field.span() }), Member::Named);
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
