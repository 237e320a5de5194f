//! A wish to open a transaction.

use std::{sync::Arc, time::Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{Open, SqliteTransaction};
use crate::{
    clock::Clock,
    store::{
        Begun, Claim, Claimed, Lease, Standing, StoreError,
        sqlite::{
            Purpose,
            change::Change,
            decide,
            file::Place,
            writer::{Message, Writer, gone, survived},
        },
    },
};

/// A wish to open a transaction, and who is told what became of it.
pub(in crate::store::sqlite) struct Begin {
    claim: Claim,
    clock: Arc<dyn Clock>,
    until: Instant,
    /// Opens a transaction with it, and so keeps the thread for as long as that is open.
    writer: Writer,
    answer: oneshot::Sender<Result<Begun, StoreError>>,
}

impl Begin {
    /// Waits in line, and answers what became of it.
    pub(in crate::store::sqlite) async fn submit(
        writer: &Writer,
        clock: Arc<dyn Clock>,
        claim: Claim,
    ) -> Result<Begun, StoreError> {
        let (answer, answered) = oneshot::channel();
        let until = Instant::now() + Purpose::Act.patience();
        let begin = Self { claim, clock, until, writer: writer.clone(), answer };
        writer.send(Message::Begin(Box::new(begin)))?;
        answered.await.map_err(|_| gone())?
    }

    pub(in crate::store::sqlite) fn until(&self) -> Instant {
        self.until
    }

    pub(super) fn decide(
        &self,
        connection: &Connection,
    ) -> Result<(Claimed, Option<Change>), StoreError> {
        survived(|| decide::claim(connection, &self.claim, &*self.clock))
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Answers it, if the operation stands so that no transaction is needed, or gives it back.
    pub(in crate::store::sqlite) fn looked_at(
        self: Box<Self>,
        connection: &Connection,
        place: &Place,
    ) -> Option<Box<Self>> {
        match self.decide(connection) {
            Ok((Claimed::Stands(standing), _)) => match place.still_holds() {
                Ok(()) => self.stands(standing),
                Err(error) => self.fail(error),
            },
            Ok((Claimed::Granted(_), _)) | Err(StoreError::Unavailable(_)) => return Some(self),
            Err(error) => self.fail(error),
        }
        None
    }

    pub(in crate::store::sqlite) fn fail(self, error: StoreError) {
        drop(self.answer.send(Err(error)));
    }

    pub(super) fn stands(self, standing: Standing) {
        drop(self.answer.send(Ok(Begun::Stands(standing))));
    }

    /// Hands the open transaction over. `false`: the caller is gone.
    pub(super) fn grant(self, lease: Lease, number: u64) -> bool {
        let open = Open(SqliteTransaction { number, writer: self.writer });
        self.answer.send(Ok(Begun::Granted(lease, Box::new(open)))).is_ok()
    }
}
