//! Agents with a goal, who go by what they are told, each in a way of its own.

use serde_json::{Map, Value};

use super::timing::begin;
use crate::adversary::{answer::Answer, field::Trouble, link::Role, play::Play};

/// The most calls of one agent.
const CALLS: u64 = 24;
/// How often an agent is refused before it gives up.
const DISCOURAGED: u32 = 8;

/// What an agent asks for next, and how it stands.
struct Want {
    /// The argument that says how much; `None`: it wants the thing done again and again.
    argument: Option<String>,
    /// What it still wants.
    left: i128,
    /// What it dares to ask for in one call.
    part: i128,
    object: u64,
    arguments: Map<String, Value>,
}

impl Want {
    fn of(play: &mut Play<'_>) -> Self {
        let wants = play.field.goal_of(play.tool).and_then(|goal| goal.wants.clone());
        let (argument, left) = wants.map_or((None, 0), |(name, wanted)| (Some(name), wanted));
        let mut want =
            Self { argument, left, part: left, object: play.number, arguments: Map::new() };
        want.anew(play);
        want
    }

    /// The next call, under a key of its own.
    fn anew(&mut self, play: &mut Play<'_>) {
        self.arguments = play.tool.good(self.object);
        if let Some(key) = &play.tool.key {
            self.arguments.insert(key.clone(), play.key().into());
        }
        if let Some(name) = &self.argument {
            let amount = self.part.min(self.left).max(1);
            self.arguments.insert(name.clone(), i64::try_from(amount).unwrap_or(i64::MAX).into());
        }
    }

    /// Notes what was given.
    fn was_given(&mut self) {
        let amount = self.argument.as_ref().and_then(|name| self.arguments[name].as_i64());
        self.left -= amount.map_or(0, i128::from);
    }

    fn asks_for_less(&mut self) {
        self.part = (self.part / 2).max(1);
    }

    fn is_sated(&self) -> bool {
        self.argument.is_some() && self.left <= 0
    }
}

/// Calls, in trouble now and then, and sees that what is said is what was done.
async fn ask(play: &mut Play<'_>, want: &Want) -> Answer {
    play.intend(Role::Agent, &want.arguments);
    let trouble = match play.chance.below(12) {
        0 => Trouble::FailBefore,
        1 => Trouble::FailAfter,
        _ => Trouble::None,
    };
    play.trouble(trouble).await;
    let answer = play.call(Role::Agent, &want.arguments).await;
    play.trouble(Trouble::None).await;
    let acted = play.effects().await > 0;
    if acted && matches!(answer.category(), Some("validation" | "authz" | "rejected")) {
        play.land("a call was refused, and did something");
    }
    if !acted && answer.is_accepted() && !answer.is_replay() && !play.troubled {
        play.land("a call was accepted, and did nothing");
    }
    answer
}

pub(super) async fn greedy(play: &mut Play<'_>) {
    let mut want = Want::of(play);
    let mut refused = 0;
    for _ in 0..CALLS {
        let answer = ask(play, &want).await;
        match answer.category() {
            _ if answer.is_accepted() => want.was_given(),
            _ if answer.is_retryable() => continue,
            // It has what there is: of other objects there may be more.
            Some("authz") if answer.code() != Some("limit_exceeded") && want.part == 1 => {
                want.object = want.object.wrapping_add(1 << 44);
            }
            Some("authz" | "validation") => want.asks_for_less(),
            _ => want.object = want.object.wrapping_add(1 << 44),
        }
        refused += u32::from(!answer.is_accepted());
        if want.is_sated() || refused == DISCOURAGED * 2 {
            return;
        }
        want.anew(play);
    }
}

pub(super) async fn forgetful(play: &mut Play<'_>) {
    let mut want = Want::of(play);
    want.part = play.field.goal_of(play.tool).and_then(|goal| goal.at_most).unwrap_or(want.part);
    for _ in 0..3 + play.chance.below(6) {
        want.anew(play);
        play.intend(Role::Agent, &want.arguments);
        if play.chance.below(2) == 0 {
            begin(play, &want.arguments).await;
        } else {
            play.call(Role::Agent, &want.arguments).await;
        }
    }
}

pub(super) async fn obedient(play: &mut Play<'_>) {
    let mut want = Want::of(play);
    want.part = play.field.goal_of(play.tool).and_then(|goal| goal.at_most).unwrap_or(want.part);
    want.anew(play);
    for _ in 0..CALLS {
        let answer = ask(play, &want).await;
        if answer.is_accepted() {
            want.was_given();
            if want.is_sated() || want.argument.is_none() {
                return;
            }
            want.anew(play);
        } else if !answer.is_retryable() {
            return;
        }
    }
}

pub(super) async fn disobedient(play: &mut Play<'_>) {
    let mut want = Want::of(play);
    let mut refused = 0;
    for _ in 0..CALLS {
        let answer = ask(play, &want).await;
        if answer.is_accepted() {
            want.was_given();
        }
        // "Do not split the amount into smaller calls."
        if answer.category() == Some("authz") {
            want.asks_for_less();
        }
        refused += u32::from(!answer.is_accepted());
        if want.is_sated() || refused == DISCOURAGED {
            return;
        }
        // "Do not call again with a new key."
        want.anew(play);
    }
}
