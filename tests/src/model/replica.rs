//! A replica of the engine: what it does with a call between the store's operations.

use mcp_guard::store::{Claimed, Fenced, Lease, Standing, StoredReply};

use super::{
    judge::{Landmark, Property},
    mutation::Rules,
    setting::{Call, Setting},
    step::{Act, Fate, Move},
    store::{Answered, NOW, Outcome, Write},
    world::{Held, Kept, Op, Tag},
};

/// Where a replica is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Phase {
    /// It has no call.
    Idle,
    /// It asks for the operation, for the first time or once more after a failure.
    Claiming { call: Call, owner: Tag, again: bool },
    /// The body runs.
    Running { held: Held, stage: Stage },
    /// The body has ended; the caller waits, or has been answered without a record.
    Settling { held: Held, outcome: Outcome, answered: bool },
    /// The caller has been answered that the store is down; a claim that may have been granted is
    /// looked for, to give it up.
    Withdrawing { call: Call, owner: Tag },
    /// That claim is given up.
    Releasing { call: Call, held: Held },
}

/// Where a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Stage {
    /// It has to say first that it is about to act.
    Undispatched,
    /// It may act.
    Ready,
    /// Its request is on its way.
    Waiting,
    /// The backend has answered, and the answer has not been heard.
    Answered { acted: bool },
}

impl Phase {
    pub(super) fn owner_mut(&mut self) -> Option<&mut Tag> {
        match self {
            Self::Idle => None,
            Self::Claiming { owner, .. } | Self::Withdrawing { owner, .. } => Some(owner),
            Self::Running { held, .. }
            | Self::Settling { held, .. }
            | Self::Releasing { held, .. } => Some(&mut held.owner),
        }
    }

    /// The same, whoever the owner is.
    pub(super) fn anonymous(mut self) -> Self {
        if let Some(owner) = self.owner_mut() {
            *owner = Tag::GONE;
        }
        self
    }

    /// How far it is from its call's end, if nothing fails.
    pub(super) fn rank(self) -> usize {
        match self {
            Self::Idle => 0,
            Self::Settling { .. } | Self::Releasing { .. } => 1,
            Self::Withdrawing { .. } | Self::Running { stage: Stage::Answered { .. }, .. } => 2,
            Self::Running { stage: Stage::Waiting, .. } => 3,
            Self::Running { stage: Stage::Ready, .. } => 4,
            Self::Running { stage: Stage::Undispatched, .. } => 5,
            Self::Claiming { .. } => 6,
        }
    }

    /// What it can do, or what can happen to it. What a store is asked has a fate as well.
    pub(super) fn acts(self, setting: &Setting, fates: &[Fate], acts: &mut Vec<Act>) {
        let asks = |act: fn(Fate) -> Act| fates.iter().copied().map(act);
        match self {
            Self::Idle => acts.extend(setting.calls.iter().copied().map(Act::Call)),
            Self::Claiming { .. } => acts.extend(asks(Act::Claim)),
            Self::Withdrawing { .. } => acts.extend(asks(Act::Withdraw).chain([Act::GiveUp])),
            Self::Releasing { .. } => acts.extend(asks(Act::Settle).chain([Act::GiveUp])),
            Self::Running { stage, .. } => {
                // Nobody waits for its answer, and if it is lost nothing happens.
                acts.extend(
                    asks(Act::Renew)
                        .filter(|act| matches!(act, Act::Renew(Fate::Answered | Fate::Late))),
                );
                match stage {
                    Stage::Undispatched => acts.extend(asks(Act::Dispatch)),
                    Stage::Ready => acts.push(Act::Send),
                    Stage::Waiting => acts.extend([Act::Land, Act::Refuse]),
                    Stage::Answered { .. } => acts.push(Act::Hear),
                }
                if matches!(stage, Stage::Undispatched | Stage::Ready) {
                    acts.push(Act::FailBefore);
                    acts.extend(setting.body_refuses.then_some(Act::RefuseBefore));
                }
                acts.push(Act::TimeOut);
            }
            Self::Settling { answered, .. } => {
                acts.extend(asks(Act::Settle));
                if answered {
                    acts.push(Act::GiveUp);
                }
            }
        }
        if self != Self::Idle {
            acts.push(Act::Crash);
        }
    }
}

impl Move<'_> {
    /// A replica does something, or something happens to it. `None`: that cannot be now.
    pub(super) fn act(&mut self, replica: usize, act: Act) -> Option<()> {
        self.world.replicas[replica] = match (self.world.replicas[replica], act) {
            (Phase::Idle, Act::Call(call)) => {
                Phase::Claiming { call, owner: Tag::NEW, again: false }
            }
            (Phase::Claiming { call, owner, again }, Act::Claim(fate)) => {
                self.claim(call, owner, again, fate)
            }
            (Phase::Running { held, stage }, act) => self.run(held, stage, act)?,
            (Phase::Settling { held, outcome, .. }, Act::Settle(fate)) => {
                self.settle(held, outcome, fate)
            }
            (Phase::Withdrawing { call, owner }, Act::Withdraw(fate)) => {
                self.withdraw(call, owner, fate)
            }
            (Phase::Releasing { call, held }, Act::Settle(fate)) => {
                match self.ask(Write::Settle(held, Outcome::NothingDone), fate) {
                    Some(_) => Phase::Idle,
                    None => Phase::Withdrawing { call, owner: held.owner },
                }
            }
            (_, Act::GiveUp | Act::Crash) => Phase::Idle,
            _ => return None,
        };
        Some(())
    }

    fn claim(&mut self, call: Call, owner: Tag, again: bool, fate: Fate) -> Phase {
        let rules = Rules::of(self.setting);
        let mut records = self.world.records.iter().filter_map(Kept::get);
        let was_its_own = records.any(|record| Tag::of(record.owner) == owner);
        match self.ask(Write::Claim(call, owner), fate) {
            Some(Answered::Claimed(Claimed::Granted(lease))) => {
                let held = granted(&lease, call, rules);
                if held.epoch > 1 {
                    self.reached.push(Landmark::AttemptedAgain);
                }
                if was_its_own {
                    self.reached.push(Landmark::OwnClaim);
                }
                let tentative = self.setting.tentative;
                let stage = if tentative { Stage::Undispatched } else { Stage::Ready };
                Phase::Running { held, stage }
            }
            Some(Answered::Claimed(Claimed::Stands(standing))) => {
                self.told(call, &standing);
                Phase::Idle
            }
            _ if again => Phase::Withdrawing { call, owner },
            _ => Phase::Claiming { call, owner, again: true },
        }
    }

    /// Looks for a claim of its own, to give it up.
    fn withdraw(&mut self, call: Call, owner: Tag, fate: Fate) -> Phase {
        match self.ask(Write::Withdraw(call, owner), fate) {
            None => Phase::Withdrawing { call, owner },
            Some(Answered::Claimed(Claimed::Granted(lease))) => {
                let held = granted(&lease, call, Rules::of(self.setting));
                Phase::Releasing { call, held }
            }
            Some(_) => Phase::Idle,
        }
    }

    fn run(&mut self, held: Held, stage: Stage, act: Act) -> Option<Phase> {
        let rules = Rules::of(self.setting);
        let unsent = matches!(stage, Stage::Undispatched | Stage::Ready);
        let running = |stage| Phase::Running { held, stage };
        let ended = |outcome| Phase::Settling { held, outcome, answered: false };
        let backend = self.setting.backend;
        Some(match (stage, act) {
            (_, Act::Renew(fate)) => {
                self.ask(Write::Renew(held), fate);
                running(stage)
            }
            (Stage::Undispatched, Act::Dispatch(fate)) => {
                match self.ask(Write::Dispatch(held), fate) {
                    Some(Answered::Fenced(Fenced::Superseded)) if rules.heed_dispatch() => {
                        self.reached.push(Landmark::DispatchRefused);
                        ended(Outcome::NothingDone)
                    }
                    Some(_) => running(Stage::Ready),
                    // The body may ask once more, or fail.
                    None => running(stage),
                }
            }
            (_, Act::FailBefore) if unsent => ended(Outcome::NothingDone),
            (_, Act::RefuseBefore) if unsent => ended(Outcome::Refused),
            (Stage::Ready, Act::Send) => running(Stage::Waiting),
            (Stage::Waiting, Act::Land | Act::Refuse) => {
                let acted = act == Act::Land;
                if !self.world.ledger.decides(held.key, acted, backend) {
                    return None;
                }
                running(Stage::Answered { acted })
            }
            (Stage::Answered { acted: true }, Act::Hear) => ended(Outcome::Done),
            (Stage::Answered { acted: false }, Act::Hear) => ended(Outcome::Refused),
            (_, Act::TimeOut | Act::Crash) => {
                if stage == Stage::Waiting {
                    self.world.ledger.orphans[held.key.place()] += 1;
                }
                match (act, stage) {
                    (Act::Crash, _) => Phase::Idle,
                    // It has not even said that it would act.
                    (_, Stage::Undispatched) => ended(Outcome::NothingDone),
                    _ => ended(rules.of_ambiguity()),
                }
            }
            _ => return None,
        })
    }

    fn settle(&mut self, held: Held, outcome: Outcome, fate: Fate) -> Phase {
        let was_unknown =
            self.world.record(held.operation).is_some_and(|record| record.is_unknown(NOW));
        let answer = self.ask(Write::Settle(held, outcome), fate);
        match (outcome, &answer) {
            (Outcome::Done, _) => self.told_of(held.key, true),
            // Otherwise it is told as not recorded: of this attempt alone.
            (Outcome::Refused, Some(Answered::Fenced(Fenced::Applied))) => {
                self.told_of(held.key, false);
            }
            _ => {}
        }
        match answer {
            None => return Phase::Settling { held, outcome, answered: true },
            Some(Answered::Fenced(Fenced::Superseded)) => {
                self.reached.push(Landmark::SettlementRefused);
            }
            Some(_) if was_unknown && outcome == Outcome::Done => {
                self.reached.push(Landmark::CompletedLate);
            }
            Some(_) => {}
        }
        Phase::Idle
    }

    /// What a caller is told who may not act.
    fn told(&mut self, call: Call, standing: &Standing) {
        let landmark = match standing {
            Standing::InFlight(_) => Landmark::InFlight,
            Standing::Recorded(recorded) => {
                self.told_reply(call, &recorded.reply);
                match recorded.duplicate_of {
                    Some(_) => Landmark::Duplicate,
                    None => Landmark::Replayed,
                }
            }
            Standing::Unknown(_) => Landmark::Unknown,
            Standing::Conflict => Landmark::Conflict,
            Standing::Expired => Landmark::Expired,
            Standing::AlreadyDone => Landmark::AlreadyDone,
            Standing::OverBudget(_) => Landmark::OverBudget,
            _ => return,
        };
        self.reached.push(landmark);
    }

    /// A caller is shown an answer that was recorded.
    fn told_reply(&mut self, call: Call, reply: &StoredReply) {
        let told = reply.body.as_bytes().first().map(|key| Op(*key));
        let answered = self.setting.calls.iter().find(|it| {
            Some(it.operation) == told
                && it.principal == call.principal
                && it.arguments == call.arguments
                && (it.operation == call.operation || it.business == call.business)
        });
        match answered {
            Some(answered) => self.told_of(answered.operation, !reply.is_error),
            None => self.broken = Some(Property::PrivateAnswers),
        }
    }

    /// A caller is told that an operation was done, or that it was refused.
    fn told_of(&mut self, key: Op, done: bool) {
        let ledger = &self.world.ledger;
        let truthful = if done { ledger.has_done(key) } else { ledger.effects_of(key) == 0 };
        if !truthful {
            self.broken = Some(Property::TruthfulAnswers);
        }
    }
}

fn granted(lease: &Lease, call: Call, rules: Rules) -> Held {
    let operation = Op::of(&lease.attempt.operation);
    Held {
        operation,
        epoch: lease.attempt.epoch,
        owner: Tag::of(lease.attempt.owner),
        key: rules.downstream_key(operation, call.operation),
    }
}
