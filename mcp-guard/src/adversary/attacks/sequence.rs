//! Sequences that nobody thought of, and the shortest that still lands.

use serde_json::{Map, Value};

use super::timing::begin;
use crate::adversary::{
    attack::Attack, chance::Chance, field::Trouble, ledger::LedgerEntry, link::Role, play::Play,
};

/// How many keys and objects one sequence plays with.
const FEW: u64 = 3;
/// The longest sequence.
const LONGEST: u64 = 12;
/// How many shorter sequences are tried.
const TRIES: u64 = 200;

/// One step of a sequence.
#[derive(Debug, Clone, Copy)]
enum Move {
    /// A call that is right by itself.
    Call { role: Role, key: u64, object: u64, lower: bool },
    /// The same, without waiting for its answer.
    Begin { key: u64, object: u64 },
    /// The same, and it is cancelled after so many steps.
    Cancel { key: u64, object: u64, steps: u64 },
    /// The next call's backend fails.
    Trouble(Trouble),
    /// The agent goes on to something else for so many steps of the server.
    Wait(u64),
}

impl Move {
    fn any(chance: &mut Chance) -> Self {
        let (key, object) = (chance.below(FEW), chance.below(2));
        match chance.below(12) {
            0 => Self::Begin { key, object },
            1 => Self::Cancel { key, object, steps: chance.below(40) },
            2 => Self::Trouble(Trouble::FailAfter),
            3 => Self::Trouble(Trouble::FailBefore),
            4 => Self::Trouble(Trouble::PanicAfter),
            5 => Self::Wait(chance.below(40)),
            6 => Self::Call { role: Role::Other, key, object, lower: false },
            7 => Self::Call { role: Role::Unscoped, key, object, lower: false },
            way => Self::Call { role: Role::Agent, key, object, lower: way == 8 },
        }
    }
}

pub(super) async fn any(play: &mut Play<'_>) {
    let length = 2 + play.chance.below(LONGEST - 1);
    let moves: Vec<_> = (0..length).map(|_| Move::any(&mut play.chance)).collect();
    follow(play, &moves).await;
    if play.landed.is_some() {
        shrink(play, moves).await;
    }
}

/// Makes the moves, and judges what came of them.
async fn follow(play: &mut Play<'_>, moves: &[Move]) {
    let mut others = Others::default();
    for step in moves {
        take(play, *step, &mut others).await;
    }
    play.trouble(Trouble::None).await;
    others.judge(play);
    play.judge().await;
}

/// What the other caller did, who has a budget of their own.
#[derive(Default)]
struct Others {
    intents: std::collections::BTreeSet<u64>,
    done: Vec<LedgerEntry>,
}

impl Others {
    fn judge(&self, play: &mut Play<'_>) {
        if self.done.len() > self.intents.len() {
            play.land("another caller's key has two effects");
        }
    }
}

async fn take(play: &mut Play<'_>, step: Move, others: &mut Others) {
    match step {
        Move::Call { role: Role::Agent, key, object, lower } => {
            let arguments = arguments(play, key, object, lower);
            play.intend(Role::Agent, &arguments);
            play.call(Role::Agent, &arguments).await;
        }
        Move::Call { role: Role::Other, key, object, .. } if play.field.link.has(Role::Other) => {
            play.effects().await;
            let (before, arguments) = (play.done.len(), arguments(play, key, object, false));
            others.intents.insert(key);
            play.call(Role::Other, &arguments).await;
            play.effects().await;
            others.done.extend(play.done.drain(before..));
        }
        Move::Call { role: Role::Unscoped, .. } if play.tool.open => {}
        Move::Call { role, key, object, .. } if play.field.link.has(role) => {
            let arguments = arguments(play, key, object, false);
            let answer = play.call(role, &arguments).await;
            play.must_be_refused(&answer);
        }
        Move::Call { .. } => {}
        Move::Begin { key, object } => {
            let arguments = arguments(play, key, object, false);
            play.intend(Role::Agent, &arguments);
            begin(play, &arguments).await;
        }
        Move::Cancel { key, object, steps } => {
            let arguments = arguments(play, key, object, false);
            play.intend(Role::Agent, &arguments);
            let id = begin(play, &arguments).await;
            play.field.link.let_it_go(steps).await;
            play.cancel(id).await;
        }
        Move::Trouble(trouble) => play.trouble(trouble).await,
        Move::Wait(steps) => play.field.link.let_it_go(steps).await,
    }
}

fn arguments(play: &Play<'_>, key: u64, object: u64, lower: bool) -> Map<String, Value> {
    let mut arguments = play.tool.good(play.number.wrapping_add(object << 42));
    let integers = play.tool.own().filter(|argument| argument.is_integer() && lower);
    for argument in integers {
        let low = argument.minimum.unwrap_or(1).max(1);
        arguments.insert(argument.name.clone(), i64::try_from(low).unwrap_or(1).into());
    }
    if let Some(name) = &play.tool.key {
        arguments.insert(name.clone(), play.key_named(&format!("s{key}")).into());
    }
    arguments
}

/// Leaves moves out, one after the other, as long as it lands without them.
async fn shrink(play: &mut Play<'_>, mut moves: Vec<Move>) {
    let (mut tries, mut place) = (0, 0);
    while place < moves.len() && tries < TRIES {
        tries += 1;
        let mut fewer = moves.clone();
        fewer.remove(place);
        // Another number is another caller, with keys of their own.
        let number = play.number ^ (tries << 32);
        let mut again = Play::new(play.field, play.tool, Attack::Sequence, number);
        Box::pin(follow(&mut again, &fewer)).await;
        if again.landed.is_none() {
            place += 1;
            continue;
        }
        moves = fewer;
        place = 0;
        (play.steps, play.landed, play.done) = (again.steps, again.landed, again.done);
        play.may_act = again.may_act;
    }
}
