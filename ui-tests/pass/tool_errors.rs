//! Errors say what they mean: classes, `transparent`, `#[from]`, structs, generic types.
#![deny(warnings)]

use mcp_guard::{Class, ToolError};
use std::{fmt, time::Duration};

#[derive(Debug, thiserror::Error, ToolError)]
enum LedgerError {
    #[error("the ledger is full of {what}")]
    #[tool_error(rejected, public)]
    LedgerFull { what: &'static str },
    #[error("secret")]
    #[tool_error(transient, retry_after = "500ms")]
    Busy(#[source] std::io::Error),
    #[error("secret")]
    #[tool_error(ambiguous)]
    Unsure,
    #[error("secret")]
    #[tool_error(validation, field = "/lines/0/sku", code = "bad_sku")]
    Sku,
    #[error("secret")]
    #[tool_error(authz, field = "order_id")]
    NotYours,
    #[error("secret")]
    #[tool_error(internal)]
    r#Type,
}

/// With `transparent`, `?` and the derive agree.
#[derive(Debug, thiserror::Error, ToolError)]
enum RefundError {
    #[error(transparent)]
    #[tool_error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("struct variant")]
    #[tool_error(transparent)]
    Named { source: Closed },
    #[error("{0}")]
    #[tool_error(rejected, code = "bad_number", public)]
    Number(#[from] std::num::ParseIntError),
}

#[derive(Debug, thiserror::Error, ToolError)]
#[error("closed")]
#[tool_error(rejected, public)]
struct Closed;

#[derive(Debug, thiserror::Error, ToolError)]
#[error(transparent)]
#[tool_error(transparent)]
struct Wrapped(#[from] Closed);

#[derive(Debug, thiserror::Error, ToolError)]
enum Generic<E: fmt::Debug, const N: usize>
where
    E: Send,
{
    #[error("within: {0}")]
    #[tool_error(transparent)]
    Within(E),
    #[error("{N} {0:?}")]
    #[tool_error(rejected, public)]
    #[allow(dead_code)]
    Of([u8; N]),
}

#[derive(Debug, thiserror::Error, ToolError)]
enum Empty {}

fn open(text: &str) -> Result<(), RefundError> {
    let number: u8 = text.parse()?;
    Err(LedgerError::LedgerFull { what: if number > 9 { "large" } else { "small" } })?
}

fn main() {
    let codes: Vec<_> = [
        LedgerError::LedgerFull { what: "water" },
        LedgerError::Busy(std::io::Error::other("secret")),
        LedgerError::Unsure,
        LedgerError::Sku,
        LedgerError::NotYours,
        LedgerError::r#Type,
    ]
    .iter()
    .map(|error| {
        let report = error.report();
        (report.class, report.code.into_owned(), report.public_message, report.field)
    })
    .collect();
    let none = || None::<String>;
    assert_eq!(
        codes,
        [
            (
                Class::Rejected,
                "ledger_full".to_owned(),
                Some("the ledger is full of water".to_owned()),
                None
            ),
            (Class::Transient, "busy".to_owned(), none(), None),
            (Class::Ambiguous, "unsure".to_owned(), none(), None),
            (Class::Validation, "bad_sku".to_owned(), none(), Some("/lines/0/sku".into())),
            (Class::Authz, "not_yours".to_owned(), none(), Some("/order_id".into())),
            (Class::Internal, "type".to_owned(), none(), None),
        ]
    );
    let busy = LedgerError::Busy(std::io::Error::other("secret")).report();
    assert_eq!(busy.retry_after, Some(Duration::from_millis(500)));

    let report = open("10").unwrap_err().report();
    assert_eq!(report.public_message.as_deref(), Some("the ledger is full of large"));
    assert_eq!(open("x").unwrap_err().report().code, "bad_number");
    assert_eq!(RefundError::Named { source: Closed }.report().code, "closed");
    assert_eq!(Wrapped(Closed).report().code, "closed");
    assert_eq!(Generic::<_, 2>::Within(Closed).report().code, "closed");
    assert_eq!(Generic::<Closed, 2>::Of([1, 2]).report().public_message.unwrap(), "2 [1, 2]");
    let _ = |empty: Empty| empty.report();
}
