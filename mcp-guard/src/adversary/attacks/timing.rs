//! Calls that nobody waits for, and bodies that fail.

use serde_json::{Map, Value};

use crate::adversary::{field::Trouble, link::Role, play::Play};

/// The most steps after which a call is cancelled.
const STEPS: u64 = 48;

/// Sends a call and goes on without its answer.
pub(super) async fn begin(play: &mut Play<'_>, arguments: &Map<String, Value>) -> u64 {
    let message = play.call_message(arguments);
    let id = message.id.unwrap_or_default();
    play.begin(id, message).await;
    id
}

pub(super) async fn cancel(play: &mut Play<'_>) {
    play.may_act = 1;
    let arguments = play.good();
    let id = begin(play, &arguments).await;
    let steps = play.chance.below(STEPS);
    play.field.link.let_it_go(steps).await;
    play.cancel(id).await;
    let again = play.call(Role::Agent, &arguments).await;
    play.must_be_answered(&again);
}

pub(super) async fn lost_reply(play: &mut Play<'_>) {
    play.may_act = 1;
    let arguments = play.good();
    for _ in 0..=play.chance.below(2) {
        begin(play, &arguments).await;
        let steps = play.chance.below(STEPS);
        play.field.link.let_it_go(steps).await;
    }
    let again = play.call(Role::Agent, &arguments).await;
    play.must_be_answered(&again);
}

pub(super) async fn disconnect(play: &mut Play<'_>) {
    play.may_act = 1;
    let arguments = play.good();
    let message = play.call_message(&arguments);
    let steps = play.chance.below(STEPS);
    play.desert(message.id.unwrap_or_default(), message, steps).await;
    let again = play.call(Role::Agent, &arguments).await;
    play.must_be_answered(&again);
}

pub(super) async fn panic(play: &mut Play<'_>) {
    in_trouble(play, Trouble::PANICS).await;
}

pub(super) async fn backend_fails(play: &mut Play<'_>) {
    in_trouble(play, Trouble::FAILURES).await;
}

/// Calls in one of these troubles, and again when it has passed.
async fn in_trouble(play: &mut Play<'_>, among: &[Trouble]) {
    let ways = play.field.troubles(among);
    let place = play.chance.place(ways.len());
    let Some(trouble) = ways.get(place) else { return };
    play.may_act = 1;
    let arguments = play.good();
    play.trouble(*trouble).await;
    let answer = play.call(Role::Agent, &arguments).await;
    play.must_be_answered(&answer);
    play.trouble(Trouble::None).await;
    for _ in 0..=play.chance.below(2) {
        let again = play.call(Role::Agent, &arguments).await;
        play.must_be_answered(&again);
    }
}
