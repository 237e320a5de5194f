//! The options of one command.

use std::{
    ffi::{OsStr, OsString},
    net::SocketAddr,
};

use super::UsageError;

/// What a command takes after its name.
pub(super) struct Takes {
    /// The command, as it is written.
    pub(super) command: &'static str,
    /// Options with a value after them.
    pub(super) values: &'static [&'static str],
    /// Options without.
    pub(super) flags: &'static [&'static str],
}

/// The options that were given, each with its value if it has one.
#[derive(Debug)]
pub(super) struct Options(Vec<(&'static str, Option<OsString>)>);

impl Options {
    pub(super) fn read(
        takes: &Takes,
        mut arguments: impl Iterator<Item = OsString>,
    ) -> Result<Self, UsageError> {
        let mut read = Self(Vec::new());
        while let Some(argument) = arguments.next() {
            let among = |names: &[&'static str]| names.iter().copied().find(|n| argument == *n);
            let (name, value) = if let Some(name) = among(takes.values) {
                let value = arguments.next().ok_or_else(|| UsageError::Value(name.to_owned()))?;
                (name, Some(value))
            } else if let Some(name) = among(takes.flags) {
                (name, None)
            } else {
                let argument = argument.display().to_string();
                return Err(UsageError::Argument { command: takes.command, argument });
            };
            if read.has(name) {
                return Err(UsageError::Twice(name.to_owned()));
            }
            read.0.push((name, value));
        }
        Ok(read)
    }

    /// Whether an option was given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(given, _)| *given == name)
    }

    /// The value of an option that was given.
    pub(super) fn value(&self, name: &str) -> Option<&OsStr> {
        self.0.iter().find(|(given, _)| *given == name)?.1.as_deref()
    }

    /// The value of an option that was given, as text.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, UsageError> {
        let text = |value: &OsStr| value.to_str().map(str::to_owned);
        let value = self.value(name).map(|value| text(value).ok_or(UsageError::NotUnicode(name)));
        value.transpose()
    }

    /// The value of an option that was given, as a number.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<u64>, UsageError> {
        let parsed = |text: String| text.parse().map_err(|_| UsageError::Number(name));
        self.text(name)?.map(parsed).transpose()
    }

    /// The store that was named.
    pub(super) fn store(&self) -> Option<OsString> {
        self.value("--store").map(OsStr::to_owned)
    }

    /// The address to listen on.
    pub(super) fn listen(&self, default: SocketAddr) -> Result<SocketAddr, UsageError> {
        let Some(value) = self.value("--listen") else {
            return Ok(default);
        };
        value
            .to_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| UsageError::Address(value.display().to_string()))
    }
}
