//! What a person does with operations of which nobody heard the end: list, show, resolve.

mod error;
mod view;

use std::io::{self, Write, stdout};

use error::OperationsError;
use mcp_guard::{
    Guard, Operation, OperationStatus, Resolution, StoreError,
    store::{OperationId, UnreadableRecord},
};
use view::View;

use crate::{
    cli::{Ask, Operations},
    server,
    settings::StorePlace,
};

/// How many operations are read at once.
const PAGE: u32 = 100;

/// Answers on standard output. The store must be one that a server has used.
///
/// # Errors
/// See [`OperationsError`]: each says what to do.
pub(crate) async fn run(asked: Operations) -> Result<(), OperationsError> {
    let place = StorePlace::chosen(asked.store)?;
    let guard = server::for_operators(&place).await?;
    let view = if asked.json { View::Json } else { View::Text };
    print(&match asked.ask {
        Ask::List => {
            let (operations, unreadable) = unresolved(&guard).await?;
            view.list(&operations, &unreadable)
        }
        Ask::Show(id) => view.one(&find(&guard, id, &place).await?),
        Ask::Resolve { id, finding, by } => {
            let operation = find(&guard, id, &place).await?;
            resolve(&guard, &operation, finding, &by).await?;
            view.resolved(&find(&guard, id, &place).await?)
        }
    })
}

/// All that is unknown, the oldest first, and what cannot be read.
async fn unresolved(guard: &Guard) -> Result<(Vec<Operation>, Vec<UnreadableRecord>), StoreError> {
    let (mut all, mut unreadable, mut behind) = (Vec::new(), Vec::new(), None);
    loop {
        let page = guard.operations().unresolved(behind, PAGE).await?;
        all.extend(page.operations);
        unreadable.extend(page.unreadable);
        behind = page.next;
        if behind.is_none() {
            break;
        }
    }
    all.sort_by_key(|operation: &Operation| (operation.status.since(), operation.id));
    Ok((all, unreadable))
}

async fn find(
    guard: &Guard,
    id: OperationId,
    place: &StorePlace,
) -> Result<Operation, OperationsError> {
    let found = guard.operations().find(id).await?;
    found.ok_or_else(|| OperationsError::NotThere { id, place: place.to_string() })
}

async fn resolve(
    guard: &Guard,
    operation: &Operation,
    finding: Resolution,
    by: &str,
) -> Result<(), OperationsError> {
    match operation.status {
        OperationStatus::Unknown { .. } => {}
        OperationStatus::UnderWay => return Err(OperationsError::UnderWay),
        settled => return Err(OperationsError::Settled(view::status(settled))),
    }
    let resolved = guard.operations().resolve(operation, finding, by).await;
    resolved.map_err(|error| OperationsError::of(error, operation))
}

/// Prints it all. That nobody reads to its end, as with `head`, is no mistake.
fn print(text: &str) -> Result<(), OperationsError> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
