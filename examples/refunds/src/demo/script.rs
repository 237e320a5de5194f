//! What the agent tries, act by act.

mod issued;
mod mistakes;
mod ordinary;
mod person;
mod purposes;
mod trouble;
mod wider;

use serde_json::{Value, json};

use super::{
    Result,
    agent::Agent,
    board::Board,
    expect::Expect,
    stage::{Identity, SUPPORT, Stage},
    told::Told,
};
use crate::payments::{Fault, Mode};

/// The order that is refunded. It was expensive, so that nothing but a rule stands in the way.
const ORDER: &str = "ord_8823";

/// Plays every act.
pub(super) async fn play(stage: &mut Stage, board: &mut Board) -> Result<()> {
    let play = &mut Play { stage, board };
    let first = ordinary::day(play).await?;
    mistakes::arguments_that_do_not_fit(play).await?;
    mistakes::permissions_that_are_not_there(play).await?;
    trouble::a_lost_answer(play).await?;
    trouble::a_backend_that_is_down(play).await?;
    trouble::a_backend_that_does_not_answer(play).await?;
    trouble::a_server_that_dies_in_between(play).await?;
    purposes::a_new_key_for_the_same_purpose(play).await?;
    purposes::an_amount_in_parts(play).await?;
    person::what_only_a_person_finds_out(play).await?;
    wider::many_at_once(play).await?;
    wider::over_http(play, &first).await?;
    issued::tokens_of_an_issuer(play).await
}

/// The processes that are played against, and the table that it fills.
struct Play<'a> {
    stage: &'a mut Stage,
    board: &'a mut Board,
}

impl Play<'_> {
    /// Starts a server for `who`, and connects a client to it.
    async fn connect(&self, who: &Identity) -> Result<Agent> {
        Agent::over_stdio(self.stage.server(who)?, self.stage.server_log()?).await
    }

    /// A server that soon gives the payments service up, and a client of it.
    async fn connect_impatient(&self) -> Result<Agent> {
        let mut server = self.stage.server(&SUPPORT)?;
        server.env("REFUNDS_PAYMENTS_TIMEOUT_MS", "1000");
        Agent::over_stdio(server, self.stage.server_log()?).await
    }

    /// One try at a refund.
    async fn refund(
        &mut self,
        agent: &Agent,
        tried: &str,
        call: &Value,
        expect: &Expect,
    ) -> Result<Told> {
        self.call(agent, "create_refund", tried, call, expect).await
    }

    /// One try at a tool.
    async fn call(
        &mut self,
        agent: &Agent,
        tool: &'static str,
        tried: &str,
        call: &Value,
        expect: &Expect,
    ) -> Result<Told> {
        self.board.tries(tried);
        let told = agent.call(tool, call).await?;
        self.told(&told, expect)?;
        Ok(told)
    }

    /// One try at a tool while the payments service misbehaves.
    async fn call_under(
        &mut self,
        fault: Mode,
        agent: &Agent,
        (tool, tried): (&'static str, &str),
        call: &Value,
        expect: &Expect,
    ) -> Result<()> {
        self.board.tries(tried);
        self.stage.admin.arm(Fault::next(fault)).await?;
        let told = agent.call(tool, call).await?;
        self.stage.admin.played().await?;
        self.told(&told, expect)
    }

    /// One question for what became of a call.
    async fn ask(
        &mut self,
        agent: &Agent,
        (tool, key): (&str, &str),
        tried: &str,
        expect: &Expect,
    ) -> Result<()> {
        self.board.tries(tried);
        let told = agent.ask(tool, key).await?;
        self.told(&told, expect)
    }

    /// One look at the order.
    async fn look(&mut self, agent: &Agent, expect: &Expect) -> Result<()> {
        self.board.tries("looks the order up");
        let told = agent.call("get_order", &json!({"order_id": ORDER})).await?;
        self.told(&told, expect)
    }

    /// What came of the try, held against the ledger.
    fn told(&mut self, told: &Told, expect: &Expect) -> Result<()> {
        self.board.told(told, expect, self.stage.totals()?);
        Ok(())
    }
}

/// The arguments of a refund.
fn refund(key: &str, cents: u64) -> Value {
    json!({
        "order_id": ORDER,
        "amount_cents": cents,
        "reason": "late",
        "idempotency_key": key,
    })
}

/// The same with one argument of another value.
fn with(mut call: Value, name: &str, value: Value) -> Value {
    call[name] = value;
    call
}
