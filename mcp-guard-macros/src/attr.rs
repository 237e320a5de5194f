//! What `#[guarded_tool(...)]` says, read key by key.

pub(crate) mod access;
mod authorize;
mod bound;
mod budget;
pub(crate) mod duration;
pub(crate) mod effect;
mod limit;
mod names;
mod redact;
mod unknown;
mod written;

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use syn::{Error, Ident, LitStr, Path, Result};

pub(crate) use self::{
    access::Access,
    authorize::Authorize,
    budget::Budget,
    effect::{Effect, Idempotent},
    limit::{Limit, MaxAmount},
    redact::Redact,
    unknown::OnUnknown,
    written::Written,
};
use crate::{entry::Entry, errors::Errors, model::guard_path};

/// What `#[guarded_tool(...)]` says.
pub(crate) struct Attr {
    /// The attribute itself, where something is missing from it.
    pub(crate) span: Span,
    /// Who may call.
    pub(crate) access: Option<Access>,
    /// What decides on each call.
    pub(crate) authorize: Option<Authorize>,
    /// Whether it changes something.
    pub(crate) effect: Option<Effect>,
    /// The limit of the amount.
    pub(crate) max_amount: Option<MaxAmount>,
    /// The limits of named parameters.
    pub(crate) limits: Vec<Limit>,
    /// There is a limit that could not be read, and was reported.
    pub(crate) has_unread_limit: bool,
    /// What many calls may take together.
    pub(crate) budgets: Vec<Budget>,
    /// What of the result is for callers with a scope.
    pub(crate) redactions: Vec<Redact>,
    /// How long the body may take.
    pub(crate) timeout: Option<Duration>,
    /// The name on the wire.
    pub(crate) name: Option<LitStr>,
    /// A name for people.
    pub(crate) title: Option<LitStr>,
    /// MCP's `destructiveHint`, and where it is written.
    pub(crate) destructive: Option<(Ident, bool)>,
    /// MCP's `openWorldHint`.
    pub(crate) open_world: Option<bool>,
    /// The path of `mcp_guard`, and where it is written.
    pub(crate) krate: Option<(Ident, Path)>,
    written: Written,
}

pub(crate) const KEYS: [&str; 15] = [
    "scope",
    "any_caller",
    "authorize",
    "idempotent",
    "read_only",
    "max_amount",
    "limit",
    "budget",
    "redact",
    "timeout",
    "name",
    "title",
    "destructive",
    "open_world",
    "crate",
];
const LATER: [&str; 1] = ["approve"];

impl Attr {
    /// Reads the attribute's arguments. `span` is where the attribute stands.
    pub(crate) fn parse(tokens: TokenStream, span: Span, errors: &Errors) -> Self {
        let mut attr = Self {
            span,
            access: None,
            authorize: None,
            effect: None,
            max_amount: None,
            limits: Vec::new(),
            has_unread_limit: false,
            budgets: Vec::new(),
            redactions: Vec::new(),
            timeout: None,
            name: None,
            title: None,
            destructive: None,
            open_world: None,
            krate: None,
            written: Written::new("#[guarded_tool(...)]", &KEYS, &LATER),
        };
        for entry in Entry::split(tokens).into_iter().filter_map(|entry| errors.keep(entry)) {
            let read = attr.note(&entry).and_then(|()| attr.set(&entry, errors));
            let is_limit = matches!(entry.name().as_str(), "max_amount" | "limit");
            attr.has_unread_limit |= errors.keep(read).is_none() && is_limit;
        }
        attr
    }

    /// An attribute of which nothing can be read, and which was reported as that.
    pub(crate) fn unread(span: Span, errors: &Errors) -> Self {
        let mut attr = Self::parse(TokenStream::new(), span, errors);
        attr.written.assume("scope");
        attr.written.assume("idempotent");
        attr
    }

    /// The path of `mcp_guard`.
    pub(crate) fn guard(&self) -> TokenStream {
        guard_path(self.krate.as_ref().map(|(_, path)| path))
    }

    /// Whether a key is there, be its value right or wrong.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.written.has(key)
    }

    /// Requires a key that is known, is not repeated, and does not contradict an earlier one.
    fn note(&mut self, entry: &Entry) -> Result<()> {
        let name = entry.name();
        let repeated_scope = name == "scope" && self.has("scope");
        match name.as_str() {
            "limit" | "budget" | "redact" => self.written.known(entry)?,
            "scope" if repeated_scope => {
                return Err(Error::new_spanned(
                    &entry.key,
                    "`scope` is written twice: write `scope(\"refunds\", \"orders\")`, all of \
                     which a caller then needs",
                ));
            }
            _ => self.written.note(entry)?,
        }
        for (one, other) in [("scope", "any_caller"), ("idempotent", "read_only")] {
            let contradicts = if name == one { other } else { one };
            if (name == one || name == other) && self.has(contradicts) {
                let message = format!("a tool has either `{one}` or `{other}`: remove one of them");
                return Err(Error::new_spanned(&entry.key, message));
            }
        }
        Ok(())
    }

    fn set(&mut self, entry: &Entry, errors: &Errors) -> Result<()> {
        match entry.name().as_str() {
            "scope" => self.access = Some(Access::scope(entry, errors)?),
            "any_caller" => self.access = Some(Access::any_caller(entry)?),
            "authorize" => self.authorize = Some(Authorize::read(entry, errors)?),
            "idempotent" => {
                let idempotent = Idempotent::read(entry, errors)?;
                self.effect = Some(Effect::Idempotent(Box::new(idempotent)));
            }
            "read_only" => {
                entry.flag()?;
                self.effect = Some(Effect::ReadOnly);
            }
            "max_amount" => self.max_amount = Some(MaxAmount::read(entry)?),
            "limit" => self.limits.push(Limit::read(entry)?),
            "budget" => self.budgets.extend(Budget::read(entry, errors)),
            "redact" => self.redactions.push(Redact::read(entry)?),
            "timeout" => self.timeout = Some(duration::of_entry(entry, "30s")?),
            "name" => self.name = Some(entry.string("name = \"create_refund\"")?),
            "title" => self.title = Some(title(entry)?),
            "destructive" => self.destructive = Some((entry.key.clone(), entry.switch()?)),
            "open_world" => self.open_world = Some(entry.switch()?),
            _ => self.krate = Some((entry.key.clone(), crate_path(entry)?)),
        }
        Ok(())
    }
}

/// `crate = path`.
pub(crate) fn crate_path(entry: &Entry) -> Result<Path> {
    entry.path("crate = ::renamed_guard")
}

/// `title = "..."`.
fn title(entry: &Entry) -> Result<LitStr> {
    let example = "title = \"Create a refund\"";
    let title = entry.string(example)?;
    if title.value().trim().is_empty() {
        return Err(entry.mistake("cannot be empty", example));
    }
    Ok(title)
}
