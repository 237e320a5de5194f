//! What `#[tool_error(...)]` says of one case.

use std::time::Duration;

use syn::{Attribute, Error, Ident, Meta, Path, Result};

use crate::{
    attr::{Written, crate_path, duration},
    entry::Entry,
    errors::Errors,
};

/// What a failure means.
pub(super) enum Meaning {
    /// A variant of `Class`.
    Class(&'static str),
    /// What the error within means.
    Transparent(Ident),
}

/// Where the attribute stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On an enum, where it says nothing but `crate`.
    Enum,
    /// On a struct.
    Struct,
    /// On a variant.
    Variant,
}

/// The attribute, read key by key.
#[derive(Default)]
pub(super) struct Attr {
    /// The path of `mcp_guard`.
    pub(super) krate: Option<Path>,
    /// What the failure means.
    pub(super) meaning: Option<Meaning>,
    /// A meaning was there, and was reported as wrong.
    pub(super) misread: bool,
    /// The failure's stable name.
    pub(super) code: Option<(Ident, String)>,
    /// Whether its message may be shown.
    pub(super) public: Option<Ident>,
    /// How long to wait before trying again.
    pub(super) retry_after: Option<(Ident, Duration)>,
    /// The argument that it is about, as a JSON pointer.
    pub(super) field: Option<(Ident, String)>,
}

const MEANINGS: [(&str, &str); 6] = [
    ("rejected", "Rejected"),
    ("transient", "Transient"),
    ("ambiguous", "Ambiguous"),
    ("validation", "Validation"),
    ("authz", "Authz"),
    ("internal", "Internal"),
];
/// The keys that say no meaning.
const BESIDE: [&str; 5] = ["code", "public", "retry_after", "field", "crate"];
const KEYS: [&str; 12] = [
    "rejected",
    "transient",
    "ambiguous",
    "validation",
    "authz",
    "internal",
    "transparent",
    "code",
    "public",
    "retry_after",
    "field",
    "crate",
];
pub(super) const WHAT_TO_WRITE: &str = "write `#[tool_error(rejected)]` (the backend refused for good), \
    `transient` (nothing was done, and it may work later), `ambiguous` (it may have been done), \
    `validation`, `authz`, `internal`, or `transparent`";

impl Attr {
    /// Reads every `#[tool_error(...)]` among the attributes.
    pub(super) fn parse(attributes: &[Attribute], place: Place, errors: &Errors) -> Self {
        let mut attr = Self::default();
        let mut written = Written::new("#[tool_error(...)]", &KEYS, &[]);
        for attribute in attributes.iter().filter(|it| it.path().is_ident("tool_error")) {
            let entries = match &attribute.meta {
                Meta::List(list) => Entry::split(list.tokens.clone()),
                // Without a class it is reported as that.
                Meta::Path(_) => Vec::new(),
                Meta::NameValue(_) => {
                    attr.misread = true;
                    errors.at(attribute, WHAT_TO_WRITE);
                    continue;
                }
            };
            for entry in entries {
                let says_more = entry.as_ref().is_ok_and(|entry| BESIDE.contains(&&*entry.name()));
                let read = entry.and_then(|entry| {
                    written.note(&entry)?;
                    attr.set(&entry, place)
                });
                attr.misread |= errors.keep(read).is_none() && !says_more;
            }
        }
        attr
    }

    fn set(&mut self, entry: &Entry, place: Place) -> Result<()> {
        let name = entry.name();
        if name == "crate" && place == Place::Variant {
            return Err(Error::new_spanned(
                &entry.key,
                "`crate` is said once: write `#[tool_error(crate = ...)]` above the type",
            ));
        }
        if name != "crate" && place == Place::Enum {
            return Err(Error::new_spanned(
                &entry.key,
                format!(
                    "`{name}` is said of each variant: move it into their `#[tool_error(...)]`"
                ),
            ));
        }
        match name.as_str() {
            "crate" => self.krate = Some(crate_path(entry)?),
            "code" => {
                self.code = Some((entry.key.clone(), code(entry)?));
            }
            "public" => {
                entry.flag()?;
                self.public = Some(entry.key.clone());
            }
            "retry_after" => {
                self.retry_after = Some((entry.key.clone(), duration::of_entry(entry, "2s")?));
            }
            "field" => self.field = Some((entry.key.clone(), pointer(entry)?)),
            _ => self.mean(entry)?,
        }
        Ok(())
    }

    /// Takes a class, of which there is one.
    fn mean(&mut self, entry: &Entry) -> Result<()> {
        entry.flag()?;
        let name = entry.name();
        let class = MEANINGS.iter().find(|(word, _)| *word == name);
        let meaning = match class {
            Some((_, class)) => Meaning::Class(class),
            None => Meaning::Transparent(entry.key.clone()),
        };
        if self.meaning.replace(meaning).is_some() {
            return Err(Error::new_spanned(
                &entry.key,
                format!("a failure means one thing: remove `{name}`, or what stands before it"),
            ));
        }
        Ok(())
    }
}

/// `code = "order_not_found"`.
fn code(entry: &Entry) -> Result<String> {
    let example = "code = \"order_not_found\"";
    let value = entry.string(example)?.value();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !value.starts_with(|c: char| c.is_ascii_lowercase()) || !value.chars().all(allowed) {
        return Err(entry.mistake("is in snake_case", example));
    }
    Ok(value)
}

/// `field = "order_id"`, or a JSON pointer: `field = "/lines/0/sku"`.
fn pointer(entry: &Entry) -> Result<String> {
    let example = "field = \"order_id\"` or `field = \"/lines/0/sku\"";
    let field = entry.string(example)?.value();
    if field.is_empty() || (field.contains('/') && !field.starts_with('/')) {
        return Err(entry.mistake("is an argument's name or a JSON pointer", example));
    }
    if field.starts_with('/') {
        return Ok(field);
    }
    Ok(format!("/{}", field.replace('~', "~0")))
}
