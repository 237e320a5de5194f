//! Calls that nobody waits for, and bodies that fail.

use serde_json::{Map, Value, json};

use crate::adversary::{
    field::Trouble,
    link::{Message, Role, VERSION},
    play::{Play, told},
};

/// The most steps after which a call is cancelled.
const STEPS: u64 = 48;

/// Sends a call and goes on without its answer.
pub(super) async fn begin(play: &mut Play<'_>, arguments: &Map<String, Value>) -> u64 {
    let Message { id, bytes, headers } = play.call_message(arguments);
    let sent = format!("(not waited for) {}", told(&bytes));
    let message = Message { id: None, bytes, headers };
    let answer = play.field.exchange((Role::Agent, play.number), message).await;
    play.note(Role::Agent, sent, &answer);
    play.hurried = true;
    id.unwrap_or_default()
}

/// Lets the server go so many steps further.
pub(super) async fn let_it_go(steps: u64) {
    for _ in 0..steps {
        tokio::task::yield_now().await;
    }
}

pub(super) async fn cancel(play: &mut Play<'_>) {
    play.may_act = 1;
    let arguments = play.good();
    let id = begin(play, &arguments).await;
    let steps = play.chance.below(STEPS);
    let_it_go(steps).await;
    let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": id, "reason": "the user changed their mind"}});
    play.send(Role::Agent, Message::notification(cancelled.to_string())).await;
    let again = play.call(Role::Agent, &arguments).await;
    play.must_be_answered(&again);
}

pub(super) async fn lost_reply(play: &mut Play<'_>) {
    play.may_act = 1;
    let arguments = play.good();
    for _ in 0..=play.chance.below(2) {
        begin(play, &arguments).await;
        let steps = play.chance.below(STEPS);
        let_it_go(steps).await;
    }
    let again = play.call(Role::Agent, &arguments).await;
    play.must_be_answered(&again);
}

pub(super) async fn disconnect(play: &mut Play<'_>) {
    play.may_act = 1;
    let arguments = play.good();
    let message = play.call_message(&arguments);
    play.aside(format!("in a session that then ends: {}", told(&message.bytes)));
    play.hurried = true;
    play.field.aside((Role::Agent, play.number), VERSION, message, false).await;
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
