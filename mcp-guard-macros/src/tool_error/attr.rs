//! What `#[tool_error(...)]` says of one case.

use std::time::Duration;

use syn::{Attribute, Error, Ident, LitStr, Meta, Path, Result};

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
    meaning: Option<(Ident, Meaning)>,
    code: Option<LitStr>,
    public: Option<Ident>,
    retry_after: Option<(Ident, Duration)>,
    field: Option<(Ident, String)>,
    code_key: Option<Ident>,
    /// A meaning was there, and was reported as wrong.
    misread: bool,
}

/// What one case says, settled.
pub(super) struct Says {
    /// What it means.
    pub(super) meaning: Meaning,
    /// Its stable name.
    pub(super) code: String,
    /// Whether its message may be shown.
    pub(super) public: bool,
    /// How long to wait before trying again.
    pub(super) retry_after: Option<Duration>,
    /// The argument that it is about, as a JSON pointer.
    pub(super) field: Option<String>,
}

const MEANINGS: [(&str, &str); 6] = [
    ("rejected", "Rejected"),
    ("transient", "Transient"),
    ("ambiguous", "Ambiguous"),
    ("validation", "Validation"),
    ("authz", "Authz"),
    ("internal", "Internal"),
];
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
const WHAT_TO_WRITE: &str = "write `#[tool_error(rejected)]` (the backend refused for good), \
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
                let read = entry.and_then(|entry| {
                    written.note(&entry)?;
                    attr.set(&entry, place)
                });
                attr.misread |= errors.keep(read).is_none();
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
                self.code = Some(code(entry)?);
                self.code_key = Some(entry.key.clone());
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
        if let Some((first, _)) = &self.meaning {
            return Err(Error::new_spanned(
                &entry.key,
                format!("a failure means one thing: keep `{first}` or `{name}`"),
            ));
        }
        let class = MEANINGS.iter().find(|(word, _)| *word == name);
        let meaning = match class {
            Some((_, class)) => Meaning::Class(class),
            None => Meaning::Transparent(entry.key.clone()),
        };
        self.meaning = Some((entry.key.clone(), meaning));
        Ok(())
    }

    /// Settles what a case says. What is missing is noted as a mistake at the case's name, and
    /// something stands in for it.
    pub(super) fn settle(self, name: &Ident, default_code: &str, errors: &Errors) -> Says {
        if self.meaning.is_none() && !self.misread {
            let message =
                format!("it is not said what `{name}` means to the caller: {WHAT_TO_WRITE}");
            errors.at(name, message);
        }
        let meaning = self.meaning.map_or(Meaning::Class("Transient"), |(_, meaning)| meaning);
        if let Meaning::Transparent(_) = &meaning {
            let keys = [
                self.code_key.as_ref(),
                self.public.as_ref(),
                self.retry_after.as_ref().map(|(key, _)| key),
                self.field.as_ref().map(|(key, _)| key),
            ];
            for key in keys.into_iter().flatten() {
                errors.at(
                    key,
                    format!(
                        "`transparent` passes on what the error within says: remove `{key}`, or \
                             say what it means here"
                    ),
                );
            }
        } else if let (Some((key, _)), false) =
            (&self.retry_after, matches!(meaning, Meaning::Class("Transient")))
        {
            errors.at(
                key,
                "`retry_after` is for `transient`, because nothing else is safe to try again: \
                 remove it, or write `transient` if nothing was done",
            );
        }
        Says {
            meaning,
            code: self.code.map_or_else(|| default_code.to_owned(), |code| code.value()),
            public: self.public.is_some(),
            retry_after: self.retry_after.map(|(_, retry_after)| retry_after),
            field: self.field.map(|(_, field)| field),
        }
    }
}

/// `code = "order_not_found"`.
fn code(entry: &Entry) -> Result<LitStr> {
    let example = "code = \"order_not_found\"";
    let code = entry.string(example)?;
    let value = code.value();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !value.starts_with(|c: char| c.is_ascii_lowercase()) || !value.chars().all(allowed) {
        return Err(entry.mistake("is in snake_case", example));
    }
    Ok(code)
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
