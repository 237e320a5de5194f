//! One death while the effect is in the store's own transaction: both happened, or neither.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    backing::{Line, Transfers},
    chain::{Chain, Fault, ask, said},
    point::{Moment, Point, Step},
};
use crate::{answer::Answer, server::doomed::BUDGET};

/// What the call transfers that dies: two of them are beyond the budget of their order.
const CENTS: u64 = 600;

/// One call whose server dies.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) point: Point,
    /// The order, which no other round has.
    pub(super) order: String,
}

impl Round {
    /// How long it took from the restart to the answer.
    pub(super) async fn run(
        &self,
        chain: &mut Chain,
        ledger: &mut Transfers,
    ) -> Result<Duration, Fault> {
        let doomed = chain.pid();
        let call = self.call("first", CENTS);
        let answered = chain.die(self.point, "transfer", &call).await?;
        let at_death = ledger.of(&self.order).await;
        self.is_whole_or_nothing(&at_death)?;
        chain.restart().await;
        let answer = ask(chain.server(), "transfer", &call).await?;
        let recovery = Instant::now().saturating_duration_since(chain.started());
        let lines = ledger.of(&self.order).await;
        self.agree(&answer, &lines, doomed, chain.pid())?;
        if answered.is_some_and(|before| before.bytes() != answer.bytes()) {
            return Err(self.wrong("another answer than before", &answer, &lines));
        }
        let replay = ask(chain.another(), "transfer", &call).await?;
        if !replay.is_replay() || replay.bytes() != answer.bytes() {
            return Err(self.wrong("another answer", &replay, &lines));
        }
        self.budget_is_held(chain, ledger).await?;
        Ok(recovery)
    }

    fn call(&self, key: &str, cents: u64) -> Value {
        let key = format!("{key}-{}", self.order);
        json!({"order_id": self.order, "cents": cents, "pause": 0, "idempotency_key": key})
    }

    /// Three statements, committed together: nobody ever sees one or two of them.
    fn is_whole_or_nothing(&self, lines: &[Line]) -> Result<(), Fault> {
        let expected = match self.point {
            Point { step: Step::Finish, moment: Moment::During } => lines.len().is_multiple_of(3),
            Point { step: Step::Finish, moment: Moment::After } | Point::REPLIED => {
                lines.len() == 3
            }
            _ => lines.is_empty(),
        };
        match lines.len() {
            _ if expected => Ok(()),
            4.. => Err(Fault::Double(format!("{lines:?}; {self:?}"))),
            _ => Err(Fault::Wrong(format!("at the death: {lines:?}; {self:?}"))),
        }
    }

    /// The record and the table tell the same: a replay of what the dead server wrote, or the work of
    /// the next one.
    fn agree(&self, answer: &Answer, lines: &[Line], doomed: i64, now: i64) -> Result<(), Fault> {
        if lines.len() > 3 {
            return Err(Fault::Double(format!("{lines:?}; {self:?}")));
        }
        let whole = |process| [(1, process), (2, process), (3, process)];
        let committed = match (answer.envelope()["status"].as_str(), answer.is_replay()) {
            (Some("ok"), true) => whole(doomed),
            (Some("ok"), false) => whole(now),
            _ => return Err(self.wrong("no result", answer, lines)),
        };
        if lines != committed {
            return Err(self.wrong("the record and the table disagree", answer, lines));
        }
        Ok(())
    }

    async fn budget_is_held(&self, chain: &Chain, ledger: &mut Transfers) -> Result<(), Fault> {
        let beyond = ask(chain.another(), "transfer", &self.call("beyond", CENTS)).await?;
        let within = ask(chain.another(), "transfer", &self.call("within", BUDGET - CENTS)).await?;
        let lines = ledger.of(&self.order).await;
        if beyond.envelope()["error"]["code"] != "budget_exceeded" {
            return Err(self.wrong("the budget is not held", &beyond, &lines));
        }
        if within.envelope()["status"] != "ok" || lines.len() != 6 {
            return Err(self.wrong("the budget has room", &within, &lines));
        }
        Ok(())
    }

    fn wrong(&self, what: &str, answer: &Answer, lines: &[Line]) -> Fault {
        Fault::Wrong(format!("{what}: {}, {lines:?}; {self:?}", said(answer)))
    }
}
