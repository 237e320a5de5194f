//! One death, and all that is looked into after it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    chain::{Chain, Fault, ask, ask_while, may_be_repeated, said},
    expect::{Fate, allowed},
    kind::Kind,
    point::{Moment, Point, Step},
};
use crate::{
    answer::Answer,
    server::doomed::{BUDGET, LEASE, about},
    wire::Wire,
};

/// What the call moves that dies: two of them are beyond the budget of their order.
const AMOUNT: u64 = 600;

/// One call whose server dies.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) kind: Kind,
    pub(super) point: Point,
    pub(super) number: u32,
    /// The order, which no other round has.
    pub(super) order: String,
}

/// What was seen after a death, where nothing was wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// Whether the outcome is unknown.
    pub(super) unknown: bool,
    /// How long it took from the restart to the final answer, besides waiting for a lease.
    pub(super) recovery: Duration,
}

/// What is known right after the server died.
struct Death {
    /// Where the call died that may have acted.
    point: Point,
    at: Instant,
    landed: bool,
    answered: Option<Answer>,
}

impl Round {
    pub(super) async fn run(&self, chain: &mut Chain) -> Result<Seen, Fault> {
        let death = self.die(chain).await?;
        let allowed = allowed(self.kind, death.point, death.landed);
        let looks_at_budget_first = self.number % 3 == 2
            && allowed == [Fate::Acted]
            && !death.landed
            && (self.kind == Kind::Dispatch || death.point == BEFORE_ALL);
        if looks_at_budget_first {
            return self.gives_its_budget_back(chain, &death).await;
        }
        let (keys, wires) = (self.keys(), [chain.server(), chain.another()]);
        let first = self.ask(wires[0], &keys[0]).await?;
        let recovery = recovery(chain, &death);
        let fate = fate_of(&first)?;
        self.is_no_double(chain)?;
        if !allowed.contains(&fate) {
            return Err(wrong(format!("{}, not one of {allowed:?}; {self:?}", said(&first))));
        }
        let second = self.ask(wires[1], &keys[1]).await?;
        self.agree(fate, death.answered.as_ref(), &first, &second)?;
        self.count(chain, fate, death.landed)?;
        self.budget_is_held(chain).await?;
        Ok(Seen { unknown: fate == Fate::Unknown, recovery })
    }

    /// The call, and its death. Where it is a reconciliation that is to die, another call dies before.
    async fn die(&self, chain: &mut Chain) -> Result<Death, Fault> {
        let call = self.call(&self.own_key(), "first", AMOUNT);
        let reconciles = matches!(self.point.step, Step::Reconcile | Step::Resolve);
        let point = match self.number % 2 {
            _ if !reconciles => self.point,
            0 => Point::new(Step::Effect, Moment::After),
            _ => Point::new(Step::Effect, Moment::During),
        };
        let answered = chain.die(point, self.kind.tool(), &call).await?;
        let mut at = Instant::now();
        let landed = self.effects(chain, "first") > 0;
        chain.restart().await;
        if reconciles {
            chain.die(self.point, self.kind.tool(), &call).await?;
            at = Instant::now();
            chain.restart().await;
        }
        Ok(Death { point, at, landed, answered })
    }

    /// The client's own key, and one that it made up for the same purpose, in either order. A
    /// reconciler that borrows its caller is asked for the operation's own key alone.
    fn keys(&self) -> [String; 2] {
        let [own, another] = [self.own_key(), format!("another-key-{}", self.order)];
        let own_first = self.kind == Kind::Reconcile || self.number % 4 < 2;
        if own_first { [own, another] } else { [another, own] }
    }

    fn own_key(&self) -> String {
        format!("key-{}", self.order)
    }

    fn call(&self, key: &str, purpose: &str, amount: u64) -> Value {
        json!({
            "order_id": self.order, "purpose": purpose, "amount_cents": amount,
            "pauses": self.pauses(), "idempotency_key": key,
        })
    }

    /// Long enough for a heartbeat, on either side of the effect, where the server dies of one.
    fn pauses(&self) -> Value {
        let long = u32::from(self.point.step == Step::Renew) * 10_000;
        let (before, after) = if self.number.is_multiple_of(2) { (long, 0) } else { (0, long) };
        json!({"before": before, "after": after})
    }

    async fn ask(&self, wire: &Wire, key: &str) -> Result<Answer, Fault> {
        ask(wire, self.kind.tool(), &self.call(key, "first", AMOUNT)).await
    }

    /// Everybody is told the same, byte for byte.
    fn agree(
        &self,
        fate: Fate,
        before: Option<&Answer>,
        first: &Answer,
        second: &Answer,
    ) -> Result<(), Fault> {
        let key_and_business_key = fate_of(second)?;
        let as_it_must_be = match fate {
            Fate::Unknown => key_and_business_key == Fate::Unknown,
            Fate::Acted | Fate::Recorded => {
                key_and_business_key == Fate::Recorded
                    && second.bytes() == first.bytes()
                    && before.is_none_or(|before| before.bytes() == first.bytes())
            }
        };
        if as_it_must_be {
            return Ok(());
        }
        let before = before.map(said);
        let (first, second) = (said(first), said(second));
        Err(wrong(format!("they disagree: {before:?}, {first}, {second}; {self:?}")))
    }

    fn is_no_double(&self, chain: &Chain) -> Result<(), Fault> {
        match self.effects(chain, "first") {
            0 | 1 => Ok(()),
            effects => Err(Fault::Double(format!("{effects} effects; {self:?}"))),
        }
    }

    /// The ledger, which the guard does not write, says the same.
    fn count(&self, chain: &Chain, fate: Fate, landed: bool) -> Result<(), Fault> {
        self.is_no_double(chain)?;
        let effects = self.effects(chain, "first");
        let expected = if fate == Fate::Unknown { usize::from(landed) } else { 1 };
        if effects == expected {
            return Ok(());
        }
        Err(wrong(format!("{effects} effects after {fate:?}; {self:?}")))
    }

    /// What was done or may have been done takes its part of the budget, and no more than that.
    async fn budget_is_held(&self, chain: &Chain) -> Result<(), Fault> {
        for (purpose, amount, fits) in
            [("beyond", AMOUNT, false), ("within", BUDGET - AMOUNT, true)]
        {
            let call = self.call(&format!("{purpose}-{}", self.order), purpose, amount);
            let answer = ask(chain.another(), self.kind.tool(), &call).await?;
            let as_it_must_be =
                if fits { fate_of(&answer)? == Fate::Acted } else { is_over_budget(&answer) };
            if !as_it_must_be {
                return Err(wrong(format!("{amount} more: {}; {self:?}", said(&answer))));
            }
        }
        self.is_within_budget(chain)
    }

    /// For certain, nothing was done: without anybody's looking into it, the budget has room again.
    /// Then the call that died has none.
    async fn gives_its_budget_back(&self, chain: &Chain, death: &Death) -> Result<Seen, Fault> {
        let tool = self.kind.tool();
        let other = self.call(&format!("instead-{}", self.order), "instead", AMOUNT);
        let wait = |answer: &Answer| is_over_budget(answer) || may_be_repeated(answer);
        let granted = ask_while(chain.another(), tool, &other, wait).await?;
        let recovery = recovery(chain, death);
        if fate_of(&granted)? != Fate::Acted {
            let said = said(&granted);
            return Err(wrong(format!("the budget is not given back: {said}; {self:?}")));
        }
        let answer = self.ask(chain.server(), &self.own_key()).await?;
        if !is_over_budget(&answer) || self.effects(chain, "first") > 0 {
            return Err(wrong(format!("the budget is exceeded: {}; {self:?}", said(&answer))));
        }
        self.is_within_budget(chain)?;
        Ok(Seen { unknown: false, recovery })
    }

    fn is_within_budget(&self, chain: &Chain) -> Result<(), Fault> {
        let of_the_order = format!("{} ", self.order);
        let entries = chain.fixture().effects().entries().into_iter();
        let moved: u64 = entries
            .filter(|entry| entry.order_id.starts_with(&of_the_order))
            .map(|entry| entry.amount_cents)
            .sum();
        if moved <= BUDGET {
            return Ok(());
        }
        Err(wrong(format!("{moved} were moved for one order; {self:?}")))
    }

    fn effects(&self, chain: &Chain, purpose: &str) -> usize {
        let about = about(&self.order, purpose);
        chain.fixture().effects().entries().iter().filter(|entry| entry.order_id == about).count()
    }
}

const BEFORE_ALL: Point = Point::new(Step::Claim, Moment::Before);

/// How long the last server took from its start, besides waiting for the lease of the dead.
fn recovery(chain: &Chain, death: &Death) -> Duration {
    Instant::now().saturating_duration_since(chain.started().max(death.at + LEASE))
}

fn fate_of(answer: &Answer) -> Result<Fate, Fault> {
    let envelope = answer.envelope();
    match (envelope["status"].as_str(), envelope["error"]["category"].as_str()) {
        (Some("ok"), _) if answer.is_replay() => Ok(Fate::Recorded),
        (Some("ok"), _) => Ok(Fate::Acted),
        (_, Some("unknown")) => Ok(Fate::Unknown),
        _ => Err(wrong(format!("neither done nor unknown: {}", said(answer)))),
    }
}

fn is_over_budget(answer: &Answer) -> bool {
    answer.envelope()["error"]["code"] == "budget_exceeded"
}

fn wrong(what: String) -> Fault {
    Fault::Wrong(what)
}
