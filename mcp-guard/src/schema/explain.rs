//! What is wrong with a value, in the schema's words. Never the value.

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind},
};

/// A value that fits none of its forms.
pub(super) enum Forms<'e> {
    /// One form was meant, and this is wrong with it.
    Meant(&'e [ValidationError<'static>]),
    /// The forms are told apart by a member, which names none of them.
    Tagged {
        /// The member's place.
        pointer: String,
        /// What it may be.
        tags: Vec<String>,
    },
}

impl<'e> Forms<'e> {
    /// What can be told of an error that is one of forms.
    pub(super) fn of(error: &'e ValidationError<'_>) -> Option<Self> {
        let (ValidationErrorKind::AnyOf { context }
        | ValidationErrorKind::OneOfNotValid { context }) = error.kind()
        else {
            return None;
        };
        let here = error.instance_path().as_str();
        // A value of another type, or with another tag, was not meant to be of this form.
        let may_be_meant = |form: &&Vec<ValidationError<'static>>| {
            !form.iter().any(|error| is_tag(error) || is_type_of(error, here))
        };
        let mut meant = context.iter().filter(may_be_meant);
        match (meant.next(), meant.next()) {
            (Some(form), None) => Some(Self::Meant(form)),
            (Some(_), Some(_)) => None,
            (None, _) => Self::tagged(context, here),
        }
    }

    fn tagged(context: &[Vec<ValidationError<'static>>], here: &str) -> Option<Self> {
        let (mut pointer, mut tags) = (None, Vec::new());
        for form in context {
            let Some(tag) = form.iter().find(|error| is_tag(error)) else {
                // `null`, beside forms that are told apart.
                if form.iter().any(|error| is_type_of(error, here)) {
                    continue;
                }
                return None;
            };
            let place = tag.instance_path().as_str().to_owned();
            if pointer.get_or_insert_with(|| place.clone()) != &place {
                return None;
            }
            if let ValidationErrorKind::Constant { expected_value } = tag.kind() {
                tags.push(expected_value.to_string());
            }
        }
        pointer.map(|pointer| Self::Tagged { pointer, tags })
    }
}

fn is_tag(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Constant { .. })
}

fn is_type_of(error: &ValidationError<'_>, place: &str) -> bool {
    let is_type = matches!(error.kind(), ValidationErrorKind::Type { .. });
    is_type && error.instance_path().as_str() == place
}

/// The rule that was broken, in the schema's words. Never the value.
pub(super) fn rule(kind: &ValidationErrorKind, error: &ValidationError<'_>) -> String {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::Type { .. } => format!("must be {}", type_words(kind)),
        Kind::Enum { options } => format!("must be one of {options}"),
        Kind::Constant { expected_value } => format!("must be {expected_value}"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be above {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be below {limit}"),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::MinProperties { limit } => format!("must have at least {limit} members"),
        Kind::MaxProperties { limit } => format!("must have at most {limit} members"),
        Kind::UniqueItems => "must have no item twice".into(),
        Kind::Pattern { pattern } => format!("must match {pattern}"),
        Kind::Format { format } => format!("must be a {format}"),
        // The rule of the only keyword of our own.
        Kind::Custom { message, .. } => message.clone(),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => "fits none of its forms".into(),
        _ => format!("does not fit the schema's {}", error.kind().keyword()),
    }
}

fn type_words(kind: &ValidationErrorKind) -> String {
    match kind {
        ValidationErrorKind::Type { kind: TypeKind::Single(one) } => format!("of type {one}"),
        ValidationErrorKind::Type { kind: TypeKind::Multiple(several) } => {
            let names: Vec<String> = several.iter().map(|one| one.to_string()).collect();
            format!("of type {}", names.join(" or "))
        }
        _ => "of another type".into(),
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde_json::json;

    use crate::schema::{ArgumentsSchema, of_arguments};

    #[derive(JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Method {
        Card { last4: u16 },
        Transfer { iban: String },
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Arguments {
        method: Method,
        maybe: Option<Method>,
        count: Option<u8>,
    }

    fn told(document: &serde_json::Value) -> (String, Option<String>) {
        let schema = ArgumentsSchema::new(of_arguments::<Arguments>(), false, &[], false);
        let Err(misfit) = schema.expect("a schema").check(document) else { panic!("it fits") };
        (misfit.message, misfit.field)
    }

    #[test]
    fn of_several_forms_it_is_told_what_is_wrong_with_the_one_that_was_meant() {
        let (message, field) = told(&json!({"method": {"kind": "card", "last4": "CANARY"}}));
        assert_eq!(message, "method.last4 must be of type integer.");
        assert_eq!(field.as_deref(), Some("/method/last4"));
        let (message, field) = told(&json!({"method": {"kind": "transfer"}}));
        assert_eq!(
            (&*message, field.as_deref()),
            ("method.iban is missing.", Some("/method/iban"))
        );
    }

    #[test]
    fn of_a_tag_that_is_none_it_is_told_which_there_are() {
        for place in ["method", "maybe"] {
            let mut document = json!({"method": {"kind": "card", "last4": 1}});
            document[place] = json!({"kind": "CANARY", "last4": 1});
            let (message, field) = told(&document);
            assert_eq!(message, format!("{place}.kind must be one of \"card\", \"transfer\"."));
            assert_eq!(field, Some(format!("/{place}/kind")));
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let (message, _) =
            told(&json!({"method": {"kind": "card", "last4": -1}, "count": 500, "CANARY": 1}));
        for part in
            ["method.last4 must be at least 0", "count must be at most 255", "take no others"]
        {
            assert!(message.contains(part), "{message}");
        }
        assert!(!message.contains("CANARY"), "{message}");
    }
}
