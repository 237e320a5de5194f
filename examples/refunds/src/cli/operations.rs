//! `refunds operations …`.

use std::ffi::{OsStr, OsString};

use mcp_guard::{Resolution, store::OperationId};

use super::{
    UsageError,
    options::{Options, Takes},
};

/// What a person wants of the operations.
#[derive(Debug, PartialEq)]
pub(crate) struct Operations {
    pub(crate) ask: Ask,
    pub(crate) store: Option<OsString>,
    /// Print JSON instead of a table.
    pub(crate) json: bool,
}

/// What is asked.
#[derive(Debug, PartialEq)]
pub(crate) enum Ask {
    List,
    Show(OperationId),
    Resolve { id: OperationId, finding: Resolution, by: String },
}

const LIST: Takes =
    Takes { command: "refunds operations list", values: &["--store"], flags: &["--json"] };
const SHOW: Takes = Takes { command: "refunds operations show", ..LIST };
const RESOLVE: Takes = Takes {
    command: "refunds operations resolve",
    values: &["--store", "--by", "--result"],
    flags: &["--json", "--done", "--not-done"],
};

pub(super) fn parse(
    mut arguments: impl Iterator<Item = OsString>,
) -> Result<Operations, UsageError> {
    let asked = arguments
        .next()
        .ok_or_else(|| UsageError::Operations("`refunds operations` needs a command".to_owned()))?;
    let (ask, options) = match asked.to_str() {
        Some("list") => (Ask::List, Options::read(&LIST, arguments)?),
        Some("show") => {
            let id = id(SHOW.command, arguments.next())?;
            (Ask::Show(id), Options::read(&SHOW, arguments)?)
        }
        Some("resolve") => {
            let id = id(RESOLVE.command, arguments.next())?;
            let options = Options::read(&RESOLVE, arguments)?;
            (Ask::Resolve { id, finding: finding(&options)?, by: by(&options)? }, options)
        }
        _ => {
            let asked = asked.display();
            return Err(UsageError::Operations(format!("there is no command `{asked}`")));
        }
    };
    Ok(Operations { ask, store: options.store(), json: options.has("--json") })
}

fn id(command: &'static str, argument: Option<OsString>) -> Result<OperationId, UsageError> {
    let argument = argument
        .filter(|argument| !argument.as_encoded_bytes().starts_with(b"-"))
        .ok_or(UsageError::NoId { command })?;
    argument
        .to_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| UsageError::Id(argument.display().to_string()))
}

fn finding(options: &Options) -> Result<Resolution, UsageError> {
    let result = options.value("--result");
    match (options.has("--done"), options.has("--not-done")) {
        (true, true) => Err(UsageError::BothFindings),
        (false, false) => Err(UsageError::NoFinding),
        (true, false) => result.map(json).transpose().map(Resolution::Done),
        (false, true) if result.is_some() => Err(UsageError::ResultOfNothing),
        (false, true) => Ok(Resolution::NotDone),
    }
}

fn json(value: &OsStr) -> Result<serde_json::Value, UsageError> {
    serde_json::from_slice(value.as_encoded_bytes())
        .map_err(|error| UsageError::Result(error.to_string()))
}

fn by(options: &Options) -> Result<String, UsageError> {
    let by = options.value("--by").and_then(OsStr::to_str).map(str::trim);
    by.filter(|by| !by.is_empty()).map(str::to_owned).ok_or(UsageError::Nobody)
}
