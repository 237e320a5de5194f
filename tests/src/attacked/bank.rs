//! The backend, and its books, which are the judge.

use std::sync::{Arc, Mutex, MutexGuard};

use mcp_guard::{
    ToolError,
    adversary::{LedgerEntry, Trouble},
};

/// What stands in every text of the backend that is for nobody.
pub const CANARY: &str = "db-7.internal";

/// A bank. Every clone is the same.
#[derive(Debug, Clone, Default)]
pub struct Bank(Arc<Mutex<Books>>);

#[derive(Debug, Default)]
struct Books {
    entries: Vec<LedgerEntry>,
    /// The keys of the entries that were made under one.
    keys: Vec<String>,
    next: Option<Trouble>,
}

/// Why the bank did not do it, or may not have.
#[derive(Debug, thiserror::Error, ToolError)]
pub(super) enum BankError {
    #[error("there is no {0}")]
    #[tool_error(rejected, code = "not_found", public)]
    NotFound(String),
    #[error("cannot connect to db-7.internal:5432 as payments_rw")]
    #[tool_error(transient, code = "bank_unreachable")]
    Unreachable,
    #[error("db-7.internal:5432 closed the connection: deadlock in refunds_pkey")]
    #[tool_error(ambiguous, code = "bank_no_answer")]
    NoAnswer,
}

impl Bank {
    /// The entries from this one on.
    ///
    /// # Panics
    /// When a body panicked in the middle of a line: then there is no verdict.
    #[must_use]
    pub fn effects(&self, since: usize) -> Vec<LedgerEntry> {
        self.books().entries[since..].to_vec()
    }

    /// What happens to the next call.
    pub(super) fn next_is(&self, trouble: Trouble) {
        self.books().next = (trouble != Trouble::None).then_some(trouble);
    }

    /// Does it.
    pub(super) fn act(&self, entry: LedgerEntry) -> Result<usize, BankError> {
        self.do_it(entry, None)
    }

    /// Does it once for each key.
    pub(super) fn act_once(&self, key: &str, entry: LedgerEntry) -> Result<usize, BankError> {
        self.do_it(entry, Some(key))
    }

    fn do_it(&self, entry: LedgerEntry, key: Option<&str>) -> Result<usize, BankError> {
        let trouble = self.books().next.take();
        match trouble {
            Some(Trouble::FailBefore) => return Err(BankError::Unreachable),
            Some(Trouble::PanicBefore) => panic!("db-7.internal: index out of bounds"),
            _ => {}
        }
        let number = self.books().note(entry, key);
        match trouble {
            Some(Trouble::FailAfter) => Err(BankError::NoAnswer),
            Some(Trouble::PanicAfter) => panic!("db-7.internal: called unwrap on None"),
            _ => Ok(number),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().expect("books that nobody tore a page of")
    }
}

impl Books {
    fn note(&mut self, entry: LedgerEntry, key: Option<&str>) -> usize {
        if let Some(key) = key {
            if let Some(known) = self.keys.iter().position(|known| known == key) {
                return known;
            }
            self.keys.push(key.to_owned());
        }
        self.entries.push(entry);
        self.entries.len()
    }
}
