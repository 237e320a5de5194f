//! The fixture's command line.

use std::{path::PathBuf, time::Duration};

use super::engine;

/// What the fixture is told on its command line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Options {
    /// How to serve.
    pub transport: Transport,
    /// Where the ledgers are, and the store, if it is not elsewhere.
    pub folder: PathBuf,
    /// The URL of the store; `None`: a file in the folder.
    pub store: Option<String>,
    /// What the agent may do.
    pub scopes: Vec<String>,
    /// Whether tools beyond the caller's scopes are hidden.
    pub hide_unauthorized: bool,
    /// Whether the tools stand in a server of one's own, beside an ordinary tool.
    pub composed: bool,
    /// Where tokens come from.
    pub tokens: Tokens,
    /// Whether every tool fails and says too much, instead of all other tools.
    pub leaky: bool,
    /// Whether there are tools that die on demand.
    pub doomed: bool,
    /// How often outcomes of a tool that dies are looked into while nobody calls, if ever.
    pub look_after: Option<Duration>,
    /// How many calls a caller may make in two seconds, if not any number.
    pub pace: Option<u32>,
    /// The settings of a server whose backend does what a test says, instead of all other tools.
    pub engine: Option<engine::Settings>,
}

/// How the fixture is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Standard input and output.
    Stdio,
    /// Streamable HTTP on a port of the loopback interface.
    Http,
}

/// Where a server's tokens come from, on HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// The operator has handed them out.
    HandedOut,
    /// An issuer, to which clients are sent.
    Issued,
}

impl Options {
    /// In this folder, with nothing that has to be asked for.
    #[must_use]
    pub fn new(transport: Transport, folder: impl Into<PathBuf>) -> Self {
        Self {
            transport,
            folder: folder.into(),
            store: None,
            scopes: Vec::new(),
            hide_unauthorized: false,
            composed: false,
            tokens: Tokens::HandedOut,
            leaky: false,
            doomed: false,
            look_after: None,
            pace: None,
            engine: None,
        }
    }

    /// The URL of the store.
    #[must_use]
    pub fn store_url(&self) -> String {
        let file = || format!("sqlite:{}", self.folder.join("store.db").display());
        self.store.clone().unwrap_or_else(file)
    }

    /// Reads `stdio|http FOLDER [--store URL] [--scope SCOPE]... [--hide] [--composed] [--issued] [--leaky]
    /// [--doomed] [--look-after MILLISECONDS] [--pace CALLS] [--engine JSON]`.
    ///
    /// # Errors
    /// The usage, when the words are anything else.
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, &'static str> {
        const USAGE: &str = "usage: guard-fixture stdio|http FOLDER [--store URL] [--scope SCOPE]... [--hide] \
             [--composed] [--issued] [--leaky] [--doomed] [--look-after MILLISECONDS] [--pace CALLS] \
             [--engine JSON]";
        let mut words = words.into_iter();
        let transport = match words.next().as_deref() {
            Some("stdio") => Transport::Stdio,
            Some("http") => Transport::Http,
            _ => return Err(USAGE),
        };
        let mut options = Self::new(transport, words.next().ok_or(USAGE)?);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--store" => options.store = Some(words.next().ok_or(USAGE)?),
                "--scope" => options.scopes.push(words.next().ok_or(USAGE)?),
                "--hide" => options.hide_unauthorized = true,
                "--composed" => options.composed = true,
                "--issued" => options.tokens = Tokens::Issued,
                "--leaky" => options.leaky = true,
                "--doomed" => options.doomed = true,
                "--look-after" => {
                    let millis = words.next().and_then(|millis| millis.parse().ok());
                    options.look_after = Some(Duration::from_millis(millis.ok_or(USAGE)?));
                }
                "--pace" => {
                    let calls = words.next().and_then(|calls| calls.parse().ok());
                    options.pace = Some(calls.ok_or(USAGE)?);
                }
                "--engine" => {
                    let settings = words.next().ok_or(USAGE)?;
                    options.engine = Some(serde_json::from_str(&settings).map_err(|_| USAGE)?);
                }
                _ => return Err(USAGE),
            }
        }
        Ok(options)
    }

    /// The words that [`parse`](Self::parse) reads as these options.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let transport = match self.transport {
            Transport::Stdio => "stdio",
            Transport::Http => "http",
        };
        let mut words = vec![transport.to_owned(), self.folder.display().to_string()];
        if let Some(url) = &self.store {
            words.extend(["--store".to_owned(), url.clone()]);
        }
        for scope in &self.scopes {
            words.extend(["--scope".to_owned(), scope.clone()]);
        }
        let flags = [
            (self.hide_unauthorized, "--hide"),
            (self.composed, "--composed"),
            (self.tokens == Tokens::Issued, "--issued"),
            (self.leaky, "--leaky"),
            (self.doomed, "--doomed"),
        ];
        words.extend(flags.into_iter().filter(|(on, _)| *on).map(|(_, flag)| flag.to_owned()));
        if let Some(every) = self.look_after {
            words.extend(["--look-after".to_owned(), every.as_millis().to_string()]);
        }
        if let Some(calls) = self.pace {
            words.extend(["--pace".to_owned(), calls.to_string()]);
        }
        if let Some(settings) = &self.engine {
            words.extend(["--engine".to_owned(), settings.to_json()]);
        }
        words
    }
}
