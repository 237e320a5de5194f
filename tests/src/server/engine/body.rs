//! The one body that all payments have, and what a look finds.

use std::{future, io, time::Duration};

use mcp_guard::prelude::*;

use super::{
    super::backend::{BackendError, CANARY, PANIC_CANARY, Refund},
    Engine,
};
use crate::{
    ledger::Entry,
    moods::{Finding, How, Moment},
};

/// What a body does beside acting.
#[derive(Clone, Copy)]
pub(super) enum Manner {
    /// Nothing.
    Plain,
    /// It says when it is going to act.
    Dispatches,
    /// It acts once for each downstream key.
    Deduplicates,
}

impl Engine {
    /// Begins, acts and returns, unless the order is in another mood.
    pub(super) async fn pay(
        &self,
        effect: &Effect,
        manner: Manner,
        entry: &Entry,
    ) -> Result<Refund, BackendError> {
        self.backend.begin(entry)?;
        self.pass(&entry.order_id, Moment::Before).await?;
        if matches!(manner, Manner::Dispatches) {
            effect.dispatch().await?;
        }
        self.pass(&entry.order_id, Moment::Dispatched).await?;
        let refund = match manner {
            Manner::Deduplicates => self.backend.act_once(entry)?.0,
            Manner::Plain | Manner::Dispatches => self.backend.act(entry)?,
        };
        self.pass(&entry.order_id, Moment::Landed).await?;
        Ok(refund)
    }

    /// Says that a body began that has its own way to act.
    pub(super) fn begin(&self, entry: &Entry) -> Result<(), BackendError> {
        self.backend.begin(entry).map(drop)
    }

    /// Passes a moment as the order's mood is.
    pub(super) async fn pass(&self, order_id: &str, at: Moment) -> Result<(), BackendError> {
        loop {
            return match self.moods.how(order_id, at)? {
                None => Ok(()),
                Some(How::Refuse) => Err(BackendError::Refused(io::Error::other(CANARY))),
                Some(How::Busy) => Err(BackendError::Busy),
                Some(How::NoAnswer) => Err(BackendError::NoAnswer),
                Some(How::Break) => Err(BackendError::Broken),
                Some(How::Panic) => panic!("{PANIC_CANARY}"),
                Some(How::Hang) => future::pending().await,
                Some(How::Hold) => {
                    self.moods.held(order_id)?;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                }
            };
        }
    }

    /// Looks for what was done under a downstream key, unless it is to find something else.
    pub(super) async fn look(
        &self,
        order_id: &str,
        key: &str,
    ) -> Result<Reconciled<Refund>, BackendError> {
        match self.moods.finding(order_id)? {
            Finding::Truth => Ok(self.truth(key)),
            Finding::StillUnknown => Ok(Reconciled::StillUnknown),
            Finding::Error => Err(BackendError::Busy),
            Finding::Panic => panic!("{PANIC_CANARY}"),
            Finding::Hang => future::pending().await,
        }
    }

    fn truth(&self, key: &str) -> Reconciled<Refund> {
        let entries = self.backend.effects.entries();
        match entries.iter().position(|entry| entry.key == key) {
            Some(place) => Reconciled::Landed(Refund {
                refund_id: format!("re_{}", place + 1),
                amount_cents: entries[place].amount_cents,
            }),
            None => Reconciled::NotLanded,
        }
    }
}
