//! The store's thread, while a transaction is open.

use std::sync::Arc;

use rusqlite::Connection;

use super::{Step, guarded::Guarded};
use crate::{
    clock::Clock,
    store::{
        Claimed, Fenced, Finish, Lease, Settlement, StoreError,
        sqlite::{
            change::Change,
            decide,
            file::Place,
            unavailable,
            writer::{Line, Next, survived},
        },
    },
};

/// Opens transactions, one after the other.
#[derive(Default)]
pub(in crate::store::sqlite) struct Host {
    /// Kept from one transaction to the next.
    connection: Option<Guarded>,
    opened: u64,
}

impl Host {
    /// Opens the transaction whose turn it is, and stays with it until it ends.
    pub(in crate::store::sqlite) fn open(
        &mut self,
        line: &mut Line,
        reader: &Connection,
        place: &Place,
    ) {
        let guarded = match self.connection.take().map_or_else(|| Guarded::open(place), Ok) {
            Ok(guarded) => guarded,
            Err(error) => {
                if let Some(begin) = line.take_begin() {
                    begin.fail(error);
                }
                return;
            }
        };
        if line.lock(guarded.connection(), reader, place) {
            self.opened += 1;
            host(&guarded, self.opened, line, place);
        }
        // One that does not let its transaction go is closed, which undoes it.
        if guarded.roll_back().is_ok() {
            self.connection = Some(guarded);
        }
    }
}

fn host(guarded: &Guarded, number: u64, line: &mut Line, place: &Place) {
    let connection = guarded.connection();
    // It may have been answered while it waited for the file.
    let Some(begin) = line.take_begin() else { return };
    let (lease, change) = match begin.decide(connection) {
        Ok((Claimed::Granted(lease), change)) => (lease, change),
        Ok((Claimed::Stands(standing), _)) => {
            return match guarded.roll_back().and_then(|()| place.still_holds()) {
                Ok(()) => begin.stands(standing),
                Err(error) => begin.fail(error),
            };
        }
        Err(error) => return begin.fail(error),
    };
    if let Err(error) = claim(connection, change).and_then(|()| place.still_holds()) {
        return begin.fail(error);
    }
    let clock = begin.clock();
    if !begin.grant(lease.clone(), number) {
        return;
    }
    line.look(connection, place);
    stay(guarded, number, &lease, &clock, line, place);
}

fn claim(connection: &Connection, change: Option<Change>) -> Result<(), StoreError> {
    change.map_or(Ok(()), |change| change.write(connection))?;
    connection.execute_batch("SAVEPOINT mcp_guard_body").map_err(|error| unavailable(&error))
}

/// Does what the body asks for until it is finished, and answers whom it can meanwhile.
fn stay(
    guarded: &Guarded,
    number: u64,
    lease: &Lease,
    clock: &Arc<dyn Clock>,
    line: &mut Line,
    place: &Place,
) {
    loop {
        match line.next(guarded.connection(), place) {
            Next::Inside(which, step) if which == number => match step {
                Step::Run(work) => guarded.run(work),
                Step::Finish(end, answer) => {
                    let finished = finish(guarded, end, lease, &**clock, place);
                    return drop(answer.send(finished));
                }
                Step::Abandon => return,
            },
            Next::Inside(..) | Next::Other => {}
            Next::End => return,
        }
    }
}

fn finish(
    guarded: &Guarded,
    end: Finish,
    lease: &Lease,
    clock: &dyn Clock,
    place: &Place,
) -> Result<(), StoreError> {
    let settlement = match end {
        Finish::Rollback => return guarded.roll_back(),
        Finish::Commit(settlement) => settlement,
        Finish::Refuse(settlement) => {
            still_open(guarded)?;
            guarded
                .connection()
                .execute_batch("ROLLBACK TO mcp_guard_body")
                .map_err(|error| unavailable(&error))?;
            settlement
        }
    };
    still_open(guarded)?;
    settle(guarded.connection(), lease, &settlement, clock)
        .and_then(|()| place.still_holds())
        .and_then(|()| guarded.commit())
        .and_then(|()| place.still_holds())
        .inspect_err(|_| drop(guarded.roll_back()))
}

fn still_open(guarded: &Guarded) -> Result<(), StoreError> {
    if guarded.connection().is_autocommit() {
        // No body can commit it.
        return Err(StoreError::Undone("a statement of the tool failed, and ended it".into()));
    }
    Ok(())
}

fn settle(
    connection: &Connection,
    lease: &Lease,
    settlement: &Settlement,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    match survived(|| decide::settle(connection, lease, settlement, clock))? {
        (Fenced::Applied, Some(change)) => change.write(connection),
        (Fenced::Applied, None) => Ok(()),
        (Fenced::Superseded, _) => {
            Err(StoreError::Unusable("the claim is not in the transaction any more".into()))
        }
    }
}
