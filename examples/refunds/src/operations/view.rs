//! How operations look on a terminal, and as JSON.

mod visible;

use std::fmt::Write as _;

use mcp_guard::{Operation, OperationStatus};
use serde_json::{Value, json};
use visible::visible;

/// For whom it is printed.
#[derive(Clone, Copy)]
pub(super) enum View {
    /// For a person.
    Text,
    /// For a program.
    Json,
}

impl View {
    pub(super) fn list(self, operations: &[Operation]) -> String {
        match self {
            Self::Json => lines_of(&operations.iter().map(as_json).collect()),
            Self::Text if operations.is_empty() => "Nothing is unknown.\n".to_owned(),
            Self::Text => table(operations),
        }
    }

    pub(super) fn one(self, operation: &Operation) -> String {
        match self {
            Self::Json => lines_of(&as_json(operation)),
            Self::Text => described(operation) + &what_to_do(operation),
        }
    }

    pub(super) fn resolved(self, operation: &Operation) -> String {
        match self {
            Self::Json => lines_of(&as_json(operation)),
            Self::Text => format!("Resolved.\n{}", described(operation)),
        }
    }
}

/// How it stands, in words.
pub(super) fn status(status: OperationStatus) -> String {
    let word = status.as_str().replace('_', " ");
    match status.since() {
        Some(since) => format!("{word} since {}", since.to_rfc3339()),
        None => word,
    }
}

fn table(operations: &[Operation]) -> String {
    let row = |operation: &Operation| {
        let since = operation.status.since().map(|since| since.to_rfc3339());
        [
            operation.id.to_string(),
            visible(&operation.tool),
            since.unwrap_or_default(),
            operation.attempts.to_string(),
        ]
    };
    let head = ["ID", "TOOL", "UNKNOWN SINCE", "ATTEMPTS"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(operations.iter().map(row)).collect();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [id, tool, since] = [width(0), width(1), width(2)];
    rows.iter().fold(String::new(), |mut text, row| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:id$}  {:tool$}  {:since$}  {}", row[0], row[1], row[2], row[3]);
        text
    })
}

fn described(operation: &Operation) -> String {
    let arguments = match &operation.arguments {
        Some(arguments) => visible(&arguments.to_string()),
        None => "not kept".to_owned(),
    };
    let lines = [
        ("ID", operation.id.to_string()),
        ("tool", visible(&operation.tool)),
        ("status", status(operation.status)),
        ("last begun", operation.claimed_at.to_rfc3339()),
        ("attempts", operation.attempts.to_string()),
        ("downstream key", operation.downstream_key.clone()),
        ("arguments", arguments),
    ];
    lines.iter().fold(String::new(), |text, (name, value)| text + &format!("{name:14}  {value}\n"))
}

/// What a person does about it next.
fn what_to_do(operation: &Operation) -> String {
    let OperationStatus::Unknown { .. } = operation.status else {
        return String::new();
    };
    let (id, key) = (operation.id, &operation.downstream_key);
    format!(
        "
The payments service knows it by the downstream key: GET /v1/refunds/by-key/{key}
If it is there:
  refunds operations resolve {id} --by YOU --done --result 'WHAT IT ANSWERS'
If it is not, and can no longer come (a request may be slow):
  refunds operations resolve {id} --by YOU --not-done
"
    )
}

fn as_json(operation: &Operation) -> Value {
    json!({
        "id": operation.id.to_string(),
        "tool": operation.tool,
        "status": operation.status.as_str(),
        "since": operation.status.since().map(|since| since.to_rfc3339()),
        "last_begun": operation.claimed_at.to_rfc3339(),
        "attempts": operation.attempts,
        "downstream_key": operation.downstream_key,
        "arguments": operation.arguments,
    })
}

fn lines_of(json: &Value) -> String {
    let text = format!("{json:#}");
    text.lines().map(|line| visible(line) + "\n").collect()
}
