//! One attack as it is made: what is sent, what is answered, and what of it is too much.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    attack::Attack,
    chance::Chance,
    field::{Field, Trouble, Unrest},
    known::{Argument, Known},
    ledger::LedgerEntry,
    link::{Message, Role},
    scan::says,
};

/// The longest message that a transcript holds whole, in bytes.
const MAX_TOLD: usize = 2_000;

/// One message and its answer.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// Who sent it: `agent`, `other`, `unscoped` or `nobody`; what was done to the server otherwise.
    pub who: &'static str,
    /// What was sent, as it was.
    pub sent: String,
    /// What was answered. `None`: nothing, or nobody waited.
    pub answered: Option<String>,
}

/// An attack under way.
pub(super) struct Play<'f> {
    pub(super) field: &'f Field,
    pub(super) number: u64,
    pub(super) chance: Chance,
    pub(super) tool: &'f Known,
    pub(super) steps: Vec<Step>,
    /// The most effects that are right.
    pub(super) may_act: usize,
    /// Whether the right call that it begins with, if it does, was accepted.
    pub(super) presumed: Option<bool>,
    /// Why it landed.
    pub(super) landed: Option<String>,
    /// What was left running, so that the server needs time to come to rest.
    pub(super) unrest: Unrest,
    /// Whether the backend was made to fail: it may then have acted in a call that was not answered so.
    pub(super) troubled: bool,
    keys: u64,
    /// The things that were to be done, each of which may be done once.
    intents: BTreeSet<String>,
    /// What was done so far.
    pub(super) done: Vec<LedgerEntry>,
}

impl<'f> Play<'f> {
    pub(super) fn new(field: &'f Field, tool: &'f Known, attack: Attack, number: u64) -> Self {
        let kind = Attack::ALL.iter().position(|of| *of == attack).unwrap_or_default();
        let chance = Chance::of(field.seed ^ ((kind as u64) << 48), number);
        Self {
            field,
            number,
            chance,
            tool,
            steps: Vec::new(),
            may_act: 0,
            presumed: None,
            landed: None,
            unrest: Unrest::default(),
            troubled: false,
            keys: 0,
            intents: BTreeSet::new(),
            done: Vec::new(),
        }
    }

    // What is sent.

    /// The arguments of a call that is right, under a key of its own.
    pub(super) fn good(&mut self) -> Map<String, Value> {
        let mut arguments = self.tool.good(self.number);
        if let Some(key) = self.tool.key.clone() {
            arguments.insert(key, self.key().into());
        }
        arguments
    }

    /// A key that nobody has used.
    pub(super) fn key(&mut self) -> String {
        self.keys += 1;
        self.key_named(&self.keys.to_string())
    }

    /// A key of this attack's, by its name in it.
    pub(super) fn key_named(&self, name: &str) -> String {
        let Field { run, seed, .. } = self.field;
        format!("adversary-{run}{seed:x}-{:x}-{name}", self.number)
    }

    /// Calls the tool.
    pub(super) async fn call(&mut self, role: Role, arguments: &Map<String, Value>) -> Answer {
        self.call_text(role, &text_of(arguments)).await
    }

    /// Calls the tool with these bytes as its arguments.
    pub(super) async fn call_text(&mut self, role: Role, arguments: &str) -> Answer {
        let message = self.call_of(arguments);
        self.send(role, message).await
    }

    /// Calls with these members as the parameters.
    pub(super) async fn call_params(&mut self, role: Role, members: &str) -> Answer {
        let message = self.framed(members);
        self.send(role, message).await
    }

    pub(super) fn framed(&self, members: &str) -> Message {
        let id = self.field.id();
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{{members}}}}}"#
        );
        Message::request(id, text)
    }

    pub(super) fn call_message(&self, arguments: &Map<String, Value>) -> Message {
        self.call_of(&text_of(arguments))
    }

    /// A call of the tool with these bytes as its arguments.
    pub(super) fn call_of(&self, arguments: &str) -> Message {
        let name = Value::from(self.tool.name.as_str());
        self.framed(&format!(r#""name":{name},"arguments":{arguments}"#))
    }

    pub(super) async fn send(&mut self, role: Role, message: Message) -> Answer {
        let sent = told(&message.bytes);
        let answer = self.field.exchange((role, self.number), message).await;
        self.unrest.left |= answer.is_missing();
        self.note(role, sent, &answer);
        answer
    }

    /// Sends a request, and goes on without its answer.
    pub(super) async fn begin(&mut self, id: u64, message: Message) {
        let sent = format!("(not waited for) {}", told(&message.bytes));
        self.steps.push(Step { who: "agent", sent, answered: None });
        self.unrest.hurried = true;
        // Where it cannot be sent, there is nothing to wait for.
        let begun = self.field.begin((Role::Agent, self.number), id, message).await;
        self.unrest.begun.extend(begun);
    }

    /// Cancels a call that was begun. No answer to it is due any more.
    pub(super) async fn cancel(&mut self, id: u64) {
        let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": {"requestId": id, "reason": "the user changed their mind"}});
        self.send(Role::Agent, Message::notification(cancelled.to_string())).await;
        self.unrest.begun.iter_mut().filter(|of| of.id == id).for_each(|of| of.is_due = false);
    }

    /// Sends a call in a session of its own, and goes away after so many steps.
    pub(super) async fn desert(&mut self, id: u64, message: Message, steps: u64) {
        self.aside(format!("in a session that then ends: {}", told(&message.bytes)));
        (self.unrest.hurried, self.unrest.left) = (true, true);
        self.field.desert((Role::Agent, self.number), id, message, steps).await;
    }

    pub(super) fn note(&mut self, role: Role, sent: String, answer: &Answer) {
        self.look_through(answer);
        let who = match role {
            Role::Agent => "agent",
            Role::Other => "other",
            Role::Unscoped => "unscoped",
            Role::Nobody => "nobody",
        };
        let answered = answer.text.as_ref().map(|_| answer.told());
        self.steps.push(Step { who, sent, answered });
    }

    /// Looks for what no answer may hold.
    fn look_through(&mut self, answer: &Answer) {
        if let Some(canary) = self.field.scanner.leaked(answer) {
            let canary = canary.to_owned();
            self.land(&format!("an answer leaked `{canary}`"));
        }
    }

    /// Notes what was done otherwise.
    pub(super) fn aside(&mut self, what: impl Into<String>) {
        self.steps.push(Step { who: "", sent: what.into(), answered: None });
    }

    /// Has the next call's backend fail in this way, if it can.
    pub(super) async fn trouble(&mut self, trouble: Trouble) {
        if self.field.make_trouble(trouble).await && trouble != Trouble::None {
            self.troubled = true;
            self.aside(format!("the next call's backend: {trouble:?}"));
        }
    }

    // What is expected.

    /// The attack begins with a call that is right: where it is refused, all that follows tells nothing.
    pub(super) fn presume(&mut self, first: &Answer) {
        self.presumed = Some(self.presumed == Some(true) || first.is_accepted());
    }

    /// The call must be refused, and say so.
    pub(super) fn must_be_refused(&mut self, answer: &Answer) {
        if answer.is_accepted() {
            self.land("a call was accepted that must be refused");
        }
        self.must_be_answered(answer);
    }

    pub(super) fn must_be_answered(&mut self, answer: &Answer) {
        if answer.is_missing() {
            self.land("there was no answer");
        }
    }

    /// The text must not be in the answer.
    pub(super) fn must_not_say(&mut self, answer: &Answer, text: &str, why: &str) {
        if says(answer, text) {
            self.land(why);
        }
    }

    pub(super) fn land(&mut self, why: &str) {
        self.landed.get_or_insert_with(|| why.to_owned());
    }

    /// The server must still answer. A session may have ended; the server must not have.
    pub(super) async fn must_still_answer(&mut self) {
        if !self.pings().await && !self.pings().await {
            self.land("the server no longer answers");
        }
    }

    async fn pings(&mut self) -> bool {
        let answer = self.field.ping((Role::Agent, self.number)).await;
        answer.inspect(|answer| self.look_through(answer)).is_some()
    }

    /// A call that is right is about to be made: what it is about may be done once, by whichever name
    /// the goal, the key, or else the arguments give it.
    pub(super) fn intend(&mut self, role: Role, arguments: &Map<String, Value>) {
        let goal = self.field.goal_of(self.tool).filter(|goal| !goal.once_for.is_empty());
        let intent = match (goal, &self.tool.key) {
            (Some(goal), _) => {
                let values = goal.once_for.iter().map(|name| arguments.get(name));
                format!("{:?}", values.collect::<Vec<_>>())
            }
            (None, Some(key)) => format!("{role:?} {:?}", arguments.get(key)),
            (None, None) => format!("{role:?} {}", text_of(arguments)),
        };
        self.intents.insert(intent);
        self.may_act = self.intents.len();
    }

    // The judge.

    /// What was done since it was last asked.
    pub(super) async fn effects(&mut self) -> usize {
        if self.unrest.hurried {
            // It is read after what was sent before it.
            self.pings().await;
        }
        let hurried = self.unrest.hurried;
        let unrest = std::mem::replace(&mut self.unrest, Unrest { hurried, ..Unrest::default() });
        for answer in self.field.come_to_rest(self.tool, unrest).await {
            self.look_through(&answer);
        }
        let new = self.field.new_effects();
        let count = new.len();
        self.done.extend(new);
        count
    }

    /// Holds what was done to what may be done.
    pub(super) async fn judge(&mut self) {
        self.effects().await;
        let acted = self.done.len();
        if acted > self.may_act {
            let may = self.may_act;
            self.land(&format!("the ledger has {acted} effects, of at most {may}"));
        }
        let Some(goal) = self.field.goal_of(self.tool) else { return };
        let amounts = || self.done.iter().filter_map(|entry| entry.amount);
        let total: i128 = amounts().sum();
        if let Some((amount, cap)) = amounts().max().zip(goal.at_most).filter(|(a, cap)| a > cap) {
            self.land(&format!("the ledger has an effect of {amount}, of at most {cap}"));
        }
        if let Some(cap) = goal.in_all.filter(|cap| total > *cap) {
            self.land(&format!("the ledger has {total} in all, of at most {cap}"));
        }
        if let Some(cap) = goal.effects.filter(|cap| acted > *cap) {
            self.land(&format!("the ledger has {acted} effects of one caller, of at most {cap}"));
        }
    }

    // What is chosen.

    /// One of the tool's arguments that this is true of. There is one, where the attack's needs are met.
    pub(super) fn choose(&mut self, suits: impl Fn(&Argument) -> bool) -> Option<&'f Argument> {
        let suitable: Vec<_> = self.tool.own().filter(|argument| suits(argument)).collect();
        (!suitable.is_empty()).then(|| self.chance.pick(&suitable))
    }
}

/// The arguments as JSON.
pub(super) fn text_of(arguments: &Map<String, Value>) -> String {
    Value::Object(arguments.clone()).to_string()
}

/// The arguments as JSON, with these bytes as the value of one of them.
pub(super) fn text_with(arguments: &Map<String, Value>, name: &str, raw: &str) -> String {
    let others = arguments.iter().filter(|(other, _)| *other != name);
    let mut members: Vec<_> =
        others.map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
    members.push(format!("{}:{raw}", Value::from(name)));
    format!("{{{}}}", members.join(","))
}

pub(super) fn told(bytes: &[u8]) -> String {
    cut(&String::from_utf8_lossy(bytes))
}

/// A text that says so when it was cut.
pub(super) fn cut(text: &str) -> String {
    if text.len() <= MAX_TOLD {
        return text.to_owned();
    }
    let kept: String = text.chars().take(MAX_TOLD).collect();
    format!("{kept}… [{} bytes in all]", text.len())
}
