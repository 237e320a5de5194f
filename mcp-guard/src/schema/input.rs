//! The schema of a tool's arguments: published, compiled once, and what every call is held to.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use jsonschema::{PatternOptions, ValidationError, Validator, error::ValidationErrorKind};
use schemars::Schema;
use serde_json::{Map, Number, Value, json};

use super::{
    Place,
    close::close,
    escape,
    exact::{EXACT, Exact, mark, unmark},
    explain::{Forms, rule},
    hash::hash_of,
    probe::{Asked, refuse_dropping},
    properties, requires,
    retried::refuse_retried,
    untagged::refuse_swallowing,
    weigh::can_be_told,
};
use crate::{
    key::{KEY_ARGUMENT, KEY_DESCRIPTION, KEY_PATTERN},
    tool::LimitSpec,
};

/// How many misfits one answer names.
const MAX_NAMED: usize = 8;

/// The schema of a tool's arguments.
pub(crate) struct ArgumentsSchema {
    published: Arc<Map<String, Value>>,
    /// Of the tool's own part, without limits and key.
    hash: String,
    validator: Validator,
    /// Every member's name that the schema mentions: what may stand in an answer.
    names: BTreeSet<String>,
    /// The top level's, for the message about an unknown argument.
    arguments: Vec<String>,
}

/// Arguments that do not fit, in words that come from the schema alone.
pub(crate) struct Misfit {
    pub(crate) code: &'static str,
    pub(crate) field: Option<String>,
    pub(crate) message: String,
}

impl ArgumentsSchema {
    /// Closes what schemars derived, adds the key where the tool needs one, and compiles it.
    /// Limits are published as `maximum`; exceeding one is not a misfit but a refusal, which the
    /// guard answers where it knows the caller's tier.
    pub(crate) fn new(
        derived: Schema,
        needs_key: bool,
        limits: &[LimitSpec],
        publish_limits: bool,
    ) -> Result<Self, String> {
        let mut schema = match derived.to_value() {
            Value::Object(schema) if schema.get("type") == Some(&json!("object")) => schema,
            _ => return Err("its arguments have no object schema".into()),
        };
        for noise in ["title", "description"] {
            schema.remove(noise);
        }
        schema.entry("properties").or_insert_with(|| json!({}));
        refuse_swallowing(&schema)?;
        refuse_retried(&schema)?;
        mark(&mut schema);
        close(&mut schema);
        let hash = hash_of(&own(&schema));
        if needs_key {
            add_key(&mut schema);
        }
        for limit in limits {
            if let Some(min) = limit.min {
                tighten(&mut schema, limit.parameter, "minimum", min, Ord::max);
            }
        }
        let validator = compile(&Value::Object(schema.clone()))?;
        unmark(&mut schema);
        let mut published = schema;
        if publish_limits {
            publish(&mut published, limits);
        }
        let mut names = BTreeSet::new();
        collect_names(&Value::Object(published.clone()), &mut names);
        let arguments = properties(&published).map(|(name, _)| name.clone()).collect();
        Ok(Self { published: Arc::new(published), hash, validator, names, arguments })
    }

    /// Refuses arguments of which `decodes`, their type's own reader, drops a part without a word.
    pub(crate) fn refuse_dropping(&self, decodes: &dyn Fn(Value) -> bool) -> Result<(), String> {
        let decodes = |document: &Value| {
            let mut document = document.clone();
            if let Some(members) = document.as_object_mut() {
                // It is the library's own, not the type's.
                members.remove(KEY_ARGUMENT);
            }
            decodes(document)
        };
        let fits = |document: &Value| self.validator.is_valid(document);
        refuse_dropping(&self.published, &Asked { decodes: &decodes, fits: &fits })
    }

    /// Whether an argument must be there.
    pub(crate) fn requires(&self, name: &str) -> bool {
        requires(&self.published, name)
    }

    /// Whether an argument may be `null`.
    pub(crate) fn takes_null(&self, name: &str) -> bool {
        let property = self.published.get("properties").and_then(|members| members.get(name));
        let Some(property) = property else { return false };
        let definitions = self.published.get("$defs").cloned().unwrap_or_else(|| json!({}));
        let alone = compile(&json!({"$defs": definitions, "allOf": [property]}));
        alone.is_ok_and(|argument| argument.is_valid(&Value::Null))
    }

    /// The schema as clients see it.
    pub(crate) fn published(&self) -> &Arc<Map<String, Value>> {
        &self.published
    }

    /// The hash of what the tool itself says of its arguments.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// Everything that does not fit, at once, unless that is too much to tell.
    pub(crate) fn check(&self, arguments: &Value) -> Result<(), Misfit> {
        if self.validator.is_valid(arguments) {
            return Ok(());
        }
        let told = can_be_told(&self.published, arguments)
            .then(|| told_together(self.misfits(arguments)))
            .flatten();
        Err(told.unwrap_or_else(Misfit::untold))
    }

    /// Everything but the key that does not fit, unless that is too much to tell: for a call whose key is
    /// refused already.
    pub(crate) fn check_beside_key(&self, arguments: &Value) -> Result<(), Misfit> {
        if !can_be_told(&self.published, arguments) {
            return Ok(());
        }
        let key = format!("/{KEY_ARGUMENT}");
        let beside = self.misfits(arguments).filter(|misfit| misfit.field.as_ref() != Some(&key));
        told_together(beside).map_or(Ok(()), Err)
    }

    fn misfits<'i>(&'i self, arguments: &'i Value) -> impl Iterator<Item = Misfit> + use<'i> {
        let errors = self.validator.iter_errors(arguments);
        errors.flat_map(move |error| self.explain(&error, arguments))
    }

    /// A misfit that only the argument's type told.
    pub(crate) fn mistyped(&self, place: &Place) -> Misfit {
        self.invalid(place, "does not have the right type or range")
    }

    /// What is wrong. Of a value that has several forms, it is told of the one that was meant, where
    /// that can be told.
    fn explain(&self, error: &ValidationError<'_>, arguments: &Value) -> Vec<Misfit> {
        match Forms::of(error) {
            Some(Forms::Meant(errors)) => {
                errors.iter().flat_map(|error| self.explain(error, arguments)).collect()
            }
            Some(Forms::Tagged { pointer, tags }) => {
                let place = Place::of_pointer(&pointer, arguments);
                vec![self.invalid(&place, &format!("must be one of {}", tags.join(", ")))]
            }
            None => vec![self.explain_one(error, arguments)],
        }
    }

    fn invalid(&self, place: &Place, rule: &str) -> Misfit {
        Misfit::new("invalid_argument", self.shown(place), rule)
    }

    fn explain_one(&self, error: &ValidationError<'_>, arguments: &Value) -> Misfit {
        let place = Place::of_pointer(error.instance_path().as_str(), arguments);
        let mut field = self.shown(&place);
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let _ = write!(field, "/{}", escape(property.as_str().unwrap_or_default()));
                Misfit::new("missing_argument", field, "is missing")
            }
            ValidationErrorKind::AdditionalProperties { .. }
            | ValidationErrorKind::UnevaluatedProperties { .. }
            | ValidationErrorKind::FalseSchema => {
                let rule = self.unknown_rule(&field);
                Misfit::new("unknown_argument", field, &rule)
            }
            kind => self.invalid(&place, &rule(kind, error)),
        }
    }

    fn unknown_rule(&self, field: &str) -> String {
        if field.is_empty() {
            format!("take no others than {}", self.arguments.join(", "))
        } else {
            "has a member that is not known".into()
        }
    }

    /// A pointer of which only what the schema names is shown: a map's keys are the model's.
    fn shown(&self, place: &Place) -> String {
        place.shown(|name| self.names.contains(name))
    }
}

impl Misfit {
    fn new(code: &'static str, field: String, rule: &str) -> Self {
        let message = format!("{} {rule}.", subject(&field));
        Self { code, field: Some(field).filter(|field| !field.is_empty()), message }
    }

    /// Of arguments of which it is too much to tell what is wrong with them.
    fn untold() -> Self {
        let rule = "do not fit the schema, and there is too much in them to say where";
        Self::new("invalid_argument", String::new(), rule)
    }
}

/// The schema without what only the validator sees.
fn own(schema: &Map<String, Value>) -> Value {
    let mut own = schema.clone();
    unmark(&mut own);
    Value::Object(own)
}

/// The first of them, whose message tells the others too.
fn told_together(mut misfits: impl Iterator<Item = Misfit>) -> Option<Misfit> {
    let mut first = misfits.next()?;
    for (count, other) in misfits.enumerate() {
        if count + 1 == MAX_NAMED {
            first.message.push_str(" And more.");
            break;
        }
        let _ = write!(first.message, " {}", other.message);
    }
    Some(first)
}

fn subject(field: &str) -> String {
    match field.strip_prefix('/') {
        Some(name) => name.replace('/', "."),
        None => "The arguments".into(),
    }
}

/// The validator of a schema, which must be one that can be enforced.
pub(super) fn compile(schema: &Value) -> Result<Validator, String> {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        // A pattern's running time must not be the model's to choose.
        .with_pattern_options(PatternOptions::regex())
        .with_keyword(EXACT, |_, format, _| Ok(Box::new(Exact::of(format))))
        .offline()
        .build(schema)
        .map_err(|error| unenforceable(&error))
}

fn unenforceable(error: &ValidationError<'_>) -> String {
    let place = error.schema_path().as_str();
    match error.instance().as_str().filter(|_| place.ends_with("/format")) {
        Some(format) => format!(
            "`{format}` (at `{place}`) is no format that can be enforced: say what the text must be, \
             such as by `#[schemars(with = \"String\", regex(pattern = \"…\"))]`"
        ),
        None => format!("its schema cannot be enforced: {error}"),
    }
}

fn add_key(schema: &mut Map<String, Value>) {
    let key = json!({
        "type": "string",
        "description": KEY_DESCRIPTION,
        // It bounds the length as well, and is in more vendors' subsets than `minLength`.
        "pattern": KEY_PATTERN,
    });
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert(KEY_ARGUMENT.into(), key);
    }
    match schema.entry("required").or_insert_with(|| json!([])) {
        Value::Array(required) => required.push(json!(KEY_ARGUMENT)),
        other => *other = json!([KEY_ARGUMENT]),
    }
}

/// Publishes each parameter's highest limit: one above it is refused to everyone.
fn publish(schema: &mut Map<String, Value>, limits: &[LimitSpec]) {
    for limit in limits {
        let of_parameter = limits.iter().filter(|other| other.parameter == limit.parameter);
        let highest = of_parameter.map(|other| other.max).max().unwrap_or(limit.max);
        tighten(schema, limit.parameter, "maximum", highest, Ord::min);
    }
}

/// Sets a bound of a parameter, unless its own is tighter.
fn tighten(
    schema: &mut Map<String, Value>,
    parameter: &str,
    keyword: &str,
    bound: i128,
    tighter: fn(i128, i128) -> i128,
) {
    let property = schema
        .get_mut("properties")
        .and_then(|properties| properties.get_mut(parameter))
        .and_then(Value::as_object_mut);
    let Some(property) = property else { return };
    let own = property.get(keyword).and_then(Value::as_number).and_then(Number::as_i128);
    let bound = own.map_or(bound, |own| tighter(own, bound));
    if let Some(number) = Number::from_i128(bound) {
        property.insert(keyword.into(), Value::Number(number));
    }
}

fn collect_names(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(keywords) => {
            names.extend(properties(keywords).map(|(name, _)| name.clone()));
            keywords.values().for_each(|value| collect_names(value, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        _ => {}
    }
}
