//! One parameter of a guarded function: an argument of the model, or provided by the server.

use std::mem;

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident};
use syn::{
    Attribute, Ident, LitStr, Meta, Pat, PatType, Token, Type, TypeReference, ext::IdentExt,
};

use super::types;
use crate::{
    docs::Docs,
    entry::{Entry, Value},
    errors::Errors,
};

/// One parameter.
pub(crate) struct Parameter {
    /// Its name, as the function writes it.
    pub(crate) name: Ident,
    /// A pattern stands where the name should, and the name only stands in for it.
    pub(crate) is_pattern: bool,
    /// How it is borrowed from the server; an owned one is the model's.
    pub(crate) borrowed: Option<TypeReference>,
    /// The type of the value: of a borrowed parameter, what is borrowed.
    pub(crate) ty: Type,
    /// The attributes that describe an argument: doc comments, `#[serde]`, `#[schemars]`.
    pub(crate) described: Vec<Attribute>,
    /// `#[amount]`.
    pub(crate) amount: Option<Attribute>,
    /// `#[cfg]` or `#[cfg_attr]`.
    pub(crate) conditional: Option<Attribute>,
}

impl Parameter {
    /// Takes the macro's own attributes off a parameter, and reads it. Where a parameter is
    /// wrong, what is returned only stands in for it.
    pub(crate) fn take(typed: &mut PatType, index: usize, errors: &Errors) -> Self {
        let mut described = Vec::new();
        let mut amount = None;
        let mut conditional = None;
        for attribute in mem::take(&mut typed.attrs) {
            let path = attribute.path();
            if ["doc", "serde", "schemars"].iter().any(|name| path.is_ident(name)) {
                described.push(attribute);
            } else if path.is_ident("amount") {
                read_amount(attribute, &mut amount, errors);
            } else if path.is_ident("cfg") || path.is_ident("cfg_attr") {
                conditional = Some(attribute);
            } else {
                typed.attrs.push(attribute);
            }
        }
        let (borrowed, ty) = match types::peel(&typed.ty) {
            Type::Reference(reference) => (Some(reference.clone()), (*reference.elem).clone()),
            _ => (None, (*typed.ty).clone()),
        };
        let name = plain_name(&typed.pat);
        let is_pattern = name.is_none();
        let name = name.unwrap_or_else(|| format_ident!("__parameter_{index}"));
        Self { name, is_pattern, borrowed, ty, described, amount, conditional }
    }

    /// Whether the model sends it.
    pub(crate) fn is_argument(&self) -> bool {
        self.borrowed.is_none()
    }

    /// Where it says `mut`, if it is borrowed to be written: the call's transaction.
    pub(crate) fn written(&self) -> Option<&Token![mut]> {
        self.borrowed.as_ref()?.mutability.as_ref()
    }

    /// The name without `r#`.
    pub(crate) fn plain_name(&self) -> String {
        self.name.unraw().to_string()
    }

    /// Whether its type may lack what an argument's type needs: it is none of the standard library's,
    /// and is read and described as itself, by no function that an attribute names.
    pub(crate) fn is_of_own_type(&self) -> bool {
        let is_renaming = |entry: &Entry| matches!(entry.name().as_str(), "rename" | "alias");
        let is_replaced = |entry: Entry| matches!(entry.name().as_str(), "with" | "schema_with");
        !types::is_plain(&self.ty)
            && self.entries("serde").all(|entry| is_renaming(&entry))
            && !self.entries("schemars").any(is_replaced)
    }

    /// Its doc comments.
    pub(crate) fn docs(&self) -> Docs {
        Docs::of(&self.described)
    }

    /// The name on the wire: serde's, where it is renamed.
    pub(crate) fn wire_name(&self) -> String {
        self.entries("serde")
            .filter(|entry| entry.name() == "rename")
            .find_map(|entry| read_name(&entry))
            .map_or_else(|| self.plain_name(), |renamed| renamed.value())
    }

    /// The rules of its `#[schemars(...)]` that schemars writes into what its type says, each by its way
    /// inwards: `range`, or `inner` and `length`. A type that it has nothing to write into loses them.
    pub(crate) fn restrictions(&self) -> Vec<Vec<String>> {
        self.entries("schemars").flat_map(|entry| restrictions(&entry, false)).collect()
    }

    /// The entries of its `#[serde(...)]` or `#[schemars(...)]` that can be read. What cannot be
    /// read is for those derives to report.
    pub(crate) fn entries(&self, attribute: &str) -> impl Iterator<Item = Entry> {
        self.described
            .iter()
            .filter(move |described| described.path().is_ident(attribute))
            .filter_map(|described| described.meta.require_list().ok())
            .flat_map(|list| Entry::split(list.tokens.clone()))
            .flatten()
    }

    /// The key of the first of these entries of its `#[serde(...)]`.
    pub(crate) fn serde_key(&self, keys: &[&str]) -> Option<Ident> {
        self.entries("serde")
            .find(|entry| keys.contains(&entry.name().as_str()))
            .map(|entry| entry.key)
    }

    /// The key of a `rename(...)` whose two directions may differ.
    pub(crate) fn split_rename(&self) -> Option<Ident> {
        self.entries("serde")
            .find(|entry| entry.name() == "rename" && matches!(entry.value(), Value::List(_)))
            .map(|entry| entry.key)
    }
}

/// The name that is read: `rename = "..."` or `rename(deserialize = "...")`.
fn read_name(rename: &Entry) -> Option<LitStr> {
    match rename.value() {
        Value::List(group) => Entry::split(group.stream())
            .into_iter()
            .flatten()
            .find(|entry| entry.name() == "deserialize")
            .and_then(|entry| read_name(&entry)),
        _ => rename.is("", "").ok(),
    }
}

/// The rules that one entry of `#[schemars(...)]` is. A list's items have their formats written in as well.
fn restrictions(entry: &Entry, is_inner: bool) -> Vec<Vec<String>> {
    const RULES: [&str; 5] = ["range", "length", "regex", "pattern", "contains"];
    const FORMATS: [&str; 5] = ["email", "url", "ip", "ipv4", "ipv6"];
    let name = entry.name();
    match entry.value() {
        Value::List(group) if name == "inner" => {
            let inner = Entry::split(group.stream()).into_iter().flatten();
            let rules = inner.flat_map(|entry| restrictions(&entry, true));
            rules.map(|rule| [vec![name.clone()], rule].concat()).collect()
        }
        _ if RULES.contains(&&*name) || (is_inner && FORMATS.contains(&&*name)) => {
            vec![vec![name]]
        }
        _ => Vec::new(),
    }
}

/// The name that a pattern is, if it is no more than that.
fn plain_name(pattern: &Pat) -> Option<Ident> {
    match pattern {
        Pat::Ident(binding) if binding.by_ref.is_none() && binding.subpat.is_none() => {
            Some(binding.ident.clone())
        }
        _ => None,
    }
}

fn read_amount(attribute: Attribute, amount: &mut Option<Attribute>, errors: &Errors) {
    if !matches!(attribute.meta, Meta::Path(_)) {
        errors.at(&attribute, "`#[amount]` takes no value: the limit is `max_amount = 50000`");
    } else if amount.is_some() {
        errors.at(&attribute, "`#[amount]` is written twice: keep one");
    }
    *amount = Some(attribute);
}

impl ToTokens for Parameter {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.name.to_tokens(tokens);
    }
}
