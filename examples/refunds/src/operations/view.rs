//! How operations look on a terminal, and as JSON.

mod visible;

use mcp_guard::{KeptArguments, Operation, OperationStatus, Timestamp, store::UnreadableRecord};
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
    pub(super) fn list(self, operations: &[Operation], unreadable: &[UnreadableRecord]) -> String {
        match self {
            Self::Json => {
                let all = operations.iter().map(as_json);
                lines_of(&all.chain(unreadable.iter().map(unreadable_as_json)).collect())
            }
            Self::Text if operations.is_empty() && unreadable.is_empty() => {
                "Nothing is unknown.\n".to_owned()
            }
            Self::Text => {
                let table = if operations.is_empty() { String::new() } else { table(operations) };
                table + &unreadable.iter().map(unreadable_line).collect::<String>()
            }
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
    match since(status) {
        Some(since) => format!("{word} since {since}"),
        None => word,
    }
}

fn since(status: OperationStatus) -> Option<String> {
    status.since().map(Timestamp::to_rfc3339)
}

fn table(operations: &[Operation]) -> String {
    let row = |operation: &Operation| {
        let since = since(operation.status).unwrap_or_default();
        let id = operation.id.to_string();
        [id, visible(&operation.tool), since, operation.attempts.to_string()]
    };
    let head = ["ID", "TOOL", "UNKNOWN SINCE", "ATTEMPTS"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(operations.iter().map(row)).collect();
    let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let [id, tool, since] = [0, 1, 2].map(|column| widest(column).unwrap_or_default());
    let line = |[first, second, third, last]: &[String; 4]| {
        format!("{first:id$}  {second:tool$}  {third:since$}  {last}\n")
    };
    rows.iter().map(line).collect()
}

fn unreadable_line(record: &UnreadableRecord) -> String {
    let why = visible(&record.why);
    format!(
        "{}  whether it is unknown cannot be told: its record is unreadable ({why})\n",
        record.operation
    )
}

fn described(operation: &Operation) -> String {
    let arguments = match &operation.arguments {
        KeptArguments::Kept(arguments) => visible(&arguments.to_string()),
        KeptArguments::Unreadable => "kept, and encrypted with a key that is not known".to_owned(),
        KeptArguments::NotKept => "not kept".to_owned(),
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
    let line = |(name, value): &(&str, String)| format!("{name:14}  {value}\n");
    lines.iter().map(line).collect()
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
    let arguments = match &operation.arguments {
        KeptArguments::Kept(arguments) => Some(arguments),
        KeptArguments::Unreadable | KeptArguments::NotKept => None,
    };
    json!({
        "id": operation.id.to_string(),
        "tool": operation.tool,
        "status": operation.status.as_str(),
        "since": since(operation.status),
        "last_begun": operation.claimed_at.to_rfc3339(),
        "attempts": operation.attempts,
        "downstream_key": operation.downstream_key,
        "arguments": arguments,
    })
}

fn unreadable_as_json(record: &UnreadableRecord) -> Value {
    json!({"id": record.operation.to_string(), "status": "unreadable", "why": record.why})
}

fn lines_of(json: &Value) -> String {
    let text = format!("{json:#}");
    text.lines().map(|line| visible(line) + "\n").collect()
}
