//! The subsets of JSON Schema that the vendors' strict tool calling takes. What is not listed is taken
//! to be refused: a vendor answers an unknown keyword with an error, or, worse, drops it.

use serde_json::{Map, Value, json};

use super::{Found, Lint, Place, walk::Role};
use crate::schema::{properties, requires};

/// Keywords that say nothing about values, or that only group schemas.
const NEUTRAL: [&str; 4] = ["$schema", "$defs", "title", "description"];

/// What a vendor takes.
struct Vendor {
    lint: Lint,
    takes: &'static str,
    keywords: &'static [&'static str],
    formats: &'static [&'static str],
    /// What else it asks of one schema: the keyword, and what to write.
    more: fn(&Place<'_>) -> Vec<(&'static str, &'static str)>,
}

const TEXT_FORMATS: &[&str] =
    &["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

const VENDORS: [Vendor; 3] = [
    Vendor {
        lint: Lint::OpenAiStrict,
        takes: "OpenAI's strict function calling",
        keywords: &[
            "type",
            "enum",
            "const",
            "anyOf",
            "$ref",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "pattern",
            "format",
            "multipleOf",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minItems",
            "maxItems",
            // Not among those listed as taken, but among those that fine-tuned models lack *in addition*.
            "minLength",
            "maxLength",
        ],
        formats: TEXT_FORMATS,
        more: open_ai,
    },
    Vendor {
        lint: Lint::AnthropicStrict,
        takes: "Anthropic's strict tool use",
        keywords: &[
            "type",
            "enum",
            "const",
            "anyOf",
            "allOf",
            "$ref",
            "default",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "pattern",
            "format",
            "minItems",
        ],
        formats: &[
            "date-time",
            "time",
            "date",
            "duration",
            "email",
            "hostname",
            "uri",
            "ipv4",
            "ipv6",
            "uuid",
        ],
        more: anthropic,
    },
    Vendor {
        lint: Lint::GeminiDeclaration,
        takes: "Gemini's function declarations",
        keywords: &[
            "type",
            "enum",
            "anyOf",
            "oneOf",
            "$ref",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "prefixItems",
            "format",
            "minimum",
            "maximum",
            "minItems",
            "maxItems",
        ],
        formats: &["date-time", "date", "time"],
        more: gemini,
    },
];

/// Finds what a vendor leaves out.
pub(super) fn keywords(places: &[Place<'_>], found: &mut Found<'_>) {
    for place in places {
        for keyword in place.schema.keys().filter(|keyword| !NEUTRAL.contains(&keyword.as_str())) {
            of_keyword(place, keyword, found);
        }
        for vendor in &VENDORS {
            for (keyword, write) in (vendor.more)(place) {
                let advice = format!("{} refuses {keyword}: {write}", vendor.takes);
                found.add(vendor.lint, place.pointer.clone(), advice);
            }
        }
    }
}

fn of_keyword(place: &Place<'_>, keyword: &str, found: &mut Found<'_>) {
    let pointer = format!("{}/{keyword}", place.pointer);
    let takes = |vendor: &Vendor| vendor.keywords.contains(&keyword);
    if !VENDORS.iter().any(takes) {
        let advice =
            format!("no vendor's strict calling takes `{keyword}`: {}", instead_of(keyword));
        found.add(Lint::StrictKeyword, pointer.clone(), advice);
    }
    for vendor in VENDORS.iter().filter(|vendor| !takes(vendor)) {
        let advice = format!("{} has no `{keyword}`: {}", vendor.takes, instead_of(keyword));
        found.add(vendor.lint, pointer.clone(), advice);
    }
    let Some(Value::String(format)) = place.schema.get("format").filter(|_| keyword == "format")
    else {
        return;
    };
    for vendor in VENDORS.iter().filter(|vendor| !vendor.formats.contains(&format.as_str())) {
        let advice = format!(
            "{} has no format `{format}`: write a type with one of {}",
            vendor.takes,
            vendor.formats.join(", ")
        );
        found.add(vendor.lint, pointer.clone(), advice);
    }
}

/// What to write instead of a keyword.
fn instead_of(keyword: &str) -> &'static str {
    match keyword {
        "unevaluatedProperties" | "allOf" => {
            "write the members of a flattened or internally tagged type out, in one struct"
        }
        "patternProperties" | "propertyNames" | "maxProperties" | "minProperties" => {
            "write a list of structs, each with the key as a member, instead of a map"
        }
        "oneOf" => {
            "write an enum without members, or a struct with an optional member for each variant"
        }
        "uniqueItems" | "contains" | "minContains" | "maxContains" => {
            "write a plain `Vec`, and refuse in the body what is there twice or missing"
        }
        "prefixItems" | "unevaluatedItems" => {
            "write a struct with named members instead of a tuple"
        }
        "default" => "write `Option<T>`, and say in its description what holds without it",
        "const" => "write an enum",
        _ => "say it in the description, and refuse in the body what breaks it",
    }
}

fn open_ai(place: &Place<'_>) -> Vec<(&'static str, &'static str)> {
    let mut found = open_object(place.schema);
    if has_optional_member(place.schema) {
        found.push((
            "members that can be left out",
            "write `#[schemars(required)]` on an `Option<T>`, which then is `null` where there is \
             nothing",
        ));
    }
    if place.role == Role::Root && place.schema.contains_key("anyOf") {
        found.push(("`anyOf` at the root", "write it as the type of one argument"));
    }
    found
}

fn anthropic(place: &Place<'_>) -> Vec<(&'static str, &'static str)> {
    let mut found = open_object(place.schema);
    if place.schema.get("minItems").is_some_and(|least| *least != json!(0) && *least != json!(1)) {
        found.push(("`minItems` above 1", "say it in the description, and refuse in the body"));
    }
    found
}

fn gemini(place: &Place<'_>) -> Vec<(&'static str, &'static str)> {
    let beside = |keyword: &String| !keyword.starts_with('$');
    if place.schema.contains_key("$ref") && place.schema.keys().any(beside) {
        return vec![(
            "keywords beside `$ref`",
            "write the description on the type instead of the member, or `#[schemars(inline)]` on the \
             type",
        )];
    }
    Vec::new()
}

fn open_object(schema: &Map<String, Value>) -> Vec<(&'static str, &'static str)> {
    let is_open = schema.get("additionalProperties").is_some_and(|rest| *rest != json!(false));
    is_open.then_some(("maps", instead_of("patternProperties"))).into_iter().collect()
}

fn has_optional_member(schema: &Map<String, Value>) -> bool {
    properties(schema).any(|(name, _)| !requires(schema, name))
}
