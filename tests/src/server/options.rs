//! The fixture's command line.

use std::path::PathBuf;

/// What the fixture is told on its command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How to serve.
    pub transport: Transport,
    /// Where the store and the ledgers are.
    pub folder: PathBuf,
    /// What the agent may do.
    pub scopes: Vec<String>,
    /// Whether tools beyond the caller's scopes are hidden.
    pub hide_unauthorized: bool,
    /// Whether the tools stand in a server of one's own, beside an ordinary tool.
    pub composed: bool,
}

/// How the fixture is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Standard input and output.
    Stdio,
    /// Streamable HTTP on a port of the loopback interface.
    Http,
}

impl Options {
    /// Reads `stdio|http FOLDER [--scope SCOPE]... [--hide] [--composed]`.
    ///
    /// # Errors
    /// The usage, when the words are anything else.
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, &'static str> {
        const USAGE: &str =
            "usage: guard-fixture stdio|http FOLDER [--scope SCOPE]... [--hide] [--composed]";
        let mut words = words.into_iter();
        let transport = match words.next().as_deref() {
            Some("stdio") => Transport::Stdio,
            Some("http") => Transport::Http,
            _ => return Err(USAGE),
        };
        let folder = words.next().ok_or(USAGE)?.into();
        let mut options = Self {
            transport,
            folder,
            scopes: Vec::new(),
            hide_unauthorized: false,
            composed: false,
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--scope" => options.scopes.push(words.next().ok_or(USAGE)?),
                "--hide" => options.hide_unauthorized = true,
                "--composed" => options.composed = true,
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
        for scope in &self.scopes {
            words.extend(["--scope".to_owned(), scope.clone()]);
        }
        if self.hide_unauthorized {
            words.push("--hide".to_owned());
        }
        if self.composed {
            words.push("--composed".to_owned());
        }
        words
    }
}
