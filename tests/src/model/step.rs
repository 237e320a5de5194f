//! What can happen, and what it leads to.

use std::rc::Rc;

use mcp_guard::store::record::State;

use super::{
    explore::{Expanded, Model, Next},
    judge::{Landmark, Property, judge, still_acts},
    setting::{Call, Faults, Resolver, Setting, StoreClock},
    store::{Answered, NOW, Write, age, apply, stand_again},
    world::{ALL, Held, Kept, Op, Tag, Verdict, World},
};

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the replica at this place, which goes by this name.
    Replica(usize, u8, Act),
    /// A request that nobody waits for arrives, or is lost.
    Orphan(Op, bool),
    /// The resolver looks what became of an unknown operation.
    Look(Op),
    /// The resolver writes what it has found.
    Resolve(Fate),
    /// The resolver gives up.
    StopResolving,
    /// A write whose sender has given up reaches the store.
    Arrive,
    /// What need not be remembered is deleted.
    Sweep(Op),
    /// Time passes.
    Tick,
    /// The store's clock is set back.
    SetBack,
}

/// What happens to a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A client calls.
    Call(Call),
    /// The engine claims.
    Claim(Fate),
    /// The heartbeat.
    Renew(Fate),
    /// The body says that it is about to act.
    Dispatch(Fate),
    /// The body fails, and has certainly not done anything.
    FailBefore,
    /// The body refuses for good, without asking the backend.
    RefuseBefore,
    /// The body sends its request to the backend.
    Send,
    /// The backend does what it is asked.
    Land,
    /// The backend refuses for good.
    Refuse,
    /// The body hears the backend's answer.
    Hear,
    /// The body is stopped, panics, or cannot tell what became of its request.
    TimeOut,
    /// The engine records how the body ended.
    Settle(Fate),
    /// The engine looks for a claim that it may have been granted, to give it up.
    Withdraw(Fate),
    /// The engine gives up writing what its caller does not wait for.
    GiveUp,
    /// The replica dies.
    Crash,
}

/// What becomes of something that the store is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is applied and answered.
    Answered,
    /// It is applied, and the answer is lost.
    AnswerLost,
    /// It does not arrive.
    Lost,
    /// It will arrive after its sender has given up.
    Late,
}

/// Why something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It is the way on, as long as nothing fails.
    Progress,
    /// Clients, clocks and resolvers do as they like.
    Environment,
    /// Something fails.
    Fault,
}

/// A step being taken.
pub(super) struct Move<'a> {
    pub(super) setting: &'a Setting,
    pub(super) world: World,
    pub(super) reached: Vec<Landmark>,
    pub(super) broken: Option<Property>,
}

impl Model for Setting {
    type State = World;
    type Step = Step;
    type Property = Property;
    type Landmark = Landmark;

    fn initial(&self) -> World {
        World::new()
    }

    fn expand(&self, world: &World) -> Expanded<Self> {
        let taken = possible(world, self).into_iter().filter_map(|step| self.take(world, step));
        let (mut next, mut goes_on) = (Vec::new(), world.rank() == 0);
        for step in taken {
            goes_on |= step.step.kind() == Kind::Progress;
            if self.is_within_bounds(&step.state) {
                next.push(step);
            }
        }
        let broken = if goes_on { judge(world, self) } else { Some(Property::Ends) };
        Expanded { next, broken }
    }
}

impl Setting {
    /// Where a step leads, if it is possible.
    fn take(&self, world: &World, step: Step) -> Option<Next<Self>> {
        let mut taken =
            Move { setting: self, world: world.clone(), reached: Vec::new(), broken: None };
        taken.take(step)?;
        let Move { world: mut state, reached, mut broken, .. } = taken;
        if step.kind() == Kind::Progress && state.rank() >= world.rank() {
            broken = Some(Property::Ends);
        }
        state.normalize();
        Some(Next { step, state, reached, broken })
    }

    fn is_within_bounds(&self, world: &World) -> bool {
        world.records.iter().filter_map(Kept::get).all(|record| record.epoch <= self.attempts)
    }
}

impl Step {
    fn kind(self) -> Kind {
        match self {
            Self::Replica(_, _, act) => act.kind(),
            Self::Resolve(fate) => fate.kind(),
            Self::Orphan(..) | Self::Arrive => Kind::Progress,
            Self::Look(_) | Self::Sweep(_) | Self::Tick | Self::SetBack => Kind::Environment,
            Self::StopResolving => Kind::Fault,
        }
    }
}

impl Act {
    fn kind(self) -> Kind {
        match self {
            Self::Claim(fate)
            | Self::Dispatch(fate)
            | Self::Settle(fate)
            | Self::Withdraw(fate) => fate.kind(),
            Self::Send
            | Self::Land
            | Self::Refuse
            | Self::Hear
            | Self::FailBefore
            | Self::RefuseBefore => Kind::Progress,
            Self::Call(_) | Self::Renew(Fate::Answered) => Kind::Environment,
            Self::Renew(_) | Self::TimeOut | Self::GiveUp | Self::Crash => Kind::Fault,
        }
    }
}

impl Fate {
    fn kind(self) -> Kind {
        if self == Self::Answered { Kind::Progress } else { Kind::Fault }
    }
}

/// What may happen now.
fn possible(world: &World, setting: &Setting) -> Vec<Step> {
    let mut fates = vec![Fate::Answered, Fate::AnswerLost, Fate::Lost];
    if setting.faults == Faults::LateWrites && world.late.is_none() {
        fates.push(Fate::Late);
    }
    let mut steps = Vec::new();
    for (replica, (phase, name)) in world.replicas.iter().zip(world.names.0).enumerate() {
        let mut acts = Vec::new();
        phase.acts(setting, &fates, &mut acts);
        steps.extend(acts.into_iter().map(|act| Step::Replica(replica, name, act)));
    }
    for operation in ALL {
        if world.ledger.orphans[operation.place()] > 0 {
            steps.extend([true, false].map(|lands| Step::Orphan(operation, lands)));
        }
        let record = world.record(operation);
        if record.is_some_and(|it| it.is_unknown(NOW)) && setting.resolver != Resolver::Nobody {
            steps.push(Step::Look(operation));
        }
        steps.extend(record.filter(|it| it.is_forgotten(NOW)).map(|_| Step::Sweep(operation)));
    }
    if world.verdict.is_some() {
        steps.extend(fates.iter().copied().map(Step::Resolve));
        steps.push(Step::StopResolving);
    }
    steps.extend(world.late.is_some().then_some(Step::Arrive));
    steps.push(Step::Tick);
    steps.extend((setting.clock == StoreClock::IsSetBack).then_some(Step::SetBack));
    steps.retain(|step| setting.faults != Faults::None || step.kind() != Kind::Fault);
    steps
}

impl Move<'_> {
    fn take(&mut self, step: Step) -> Option<()> {
        match step {
            Step::Replica(replica, _, act) => self.act(replica, act),
            Step::Orphan(key, lands) => self.orphan(key, lands),
            Step::Look(operation) => self.look(operation),
            Step::Resolve(fate) => {
                let verdict = self.world.verdict?;
                if self.ask(Write::Resolve(verdict), fate).is_some() {
                    self.world.verdict = None;
                }
                Some(())
            }
            Step::StopResolving => self.world.verdict.take().map(drop),
            Step::Arrive => {
                let write = self.world.late.take()?;
                apply(&mut self.world, write, self.setting, &mut self.broken);
                Some(())
            }
            Step::Sweep(operation) => {
                self.world.records[operation.place()] = Kept(None);
                Some(())
            }
            Step::Tick => self.tick(),
            Step::SetBack => {
                let records = self.world.records.iter_mut().filter_map(|kept| kept.0.as_mut());
                records.for_each(|record| stand_again(Rc::make_mut(record), self.setting));
                Some(())
            }
        }
    }

    /// Asks the store: what it answers, if that arrives.
    pub(super) fn ask(&mut self, write: Write, fate: Fate) -> Option<Answered> {
        let arrives = matches!(fate, Fate::Answered | Fate::AnswerLost);
        let answer = arrives.then(|| apply(&mut self.world, write, self.setting, &mut self.broken));
        if fate == Fate::Late {
            self.world.late = Some(write);
        }
        answer.filter(|_| fate == Fate::Answered)
    }

    fn orphan(&mut self, key: Op, lands: bool) -> Option<()> {
        let decided = !lands || self.world.ledger.decides(key, true, self.setting.backend);
        self.world.ledger.orphans[key.place()] -= 1;
        decided.then_some(())
    }

    /// The resolver learns of an unknown attempt and asks the backend, at once: later would only be
    /// better informed.
    fn look(&mut self, operation: Op) -> Option<()> {
        if self.world.verdict.is_some() {
            return None;
        }
        let record = self.world.record(operation)?;
        let (owner, epoch) = (Tag::of(record.owner), record.epoch);
        let landed = self.world.ledger.effects_of(operation) > 0;
        let sure = match self.setting.resolver {
            Resolver::Nobody => false,
            Resolver::Truthful => landed || !still_acts(&self.world, operation),
            Resolver::Hasty => true,
        };
        if !sure {
            return None;
        }
        self.reached.push(if landed { Landmark::FoundLanded } else { Landmark::FoundNotLanded });
        let owner = if owner == Tag::GONE { self.spoken_for(operation) } else { owner };
        let about = Held { operation, epoch, owner, key: operation };
        self.world.verdict = Some(Verdict { about, landed });
        Some(())
    }

    /// The owner of a record whose name has to be known again.
    fn spoken_for(&mut self, operation: Op) -> Tag {
        if let Some(record) = &mut self.world.records[operation.place()].0 {
            Rc::make_mut(record).owner = Tag::NEW.owner();
        }
        Tag::NEW
    }

    fn tick(&mut self) -> Option<()> {
        if self.setting.faults == Faults::None && self.a_lease_would_run_out() {
            return None;
        }
        for operation in ALL {
            let Some(record) = &mut self.world.records[operation.place()].0 else { continue };
            let remembered = !record.is_forgotten(NOW);
            let record = Rc::make_mut(record);
            age(record, self.setting);
            if remembered && record.is_forgotten(NOW) {
                self.reached.push(Landmark::Forgotten);
                if matches!(record.state, State::Recorded { .. }) {
                    self.world.ledger.forget(operation);
                }
            }
        }
        self.world.ledger.age(self.setting);
        Some(())
    }

    /// Without faults, the heartbeat comes in time.
    fn a_lease_would_run_out(&self) -> bool {
        self.world.records.iter().filter_map(Kept::get).any(|record| {
            let mut older = record.clone();
            age(&mut older, self.setting);
            matches!(older.state, State::Claimed { until, .. } if until <= NOW)
        })
    }
}
