//! What agents were told.

use std::fmt;

use mcp_guard::{BudgetSpec, Reply};
use serde_json::Value;

use super::{
    CallId, Judge,
    claims::{Grant, Verdict},
};
use crate::simulation::{
    intent::{Intent, millis},
    time::Moment,
};

/// What an agent was told.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "they are what an answer says, each by itself")]
pub(in crate::simulation) struct Said {
    /// The entry of the ledger that it names, with order and amount.
    pub(super) receipt: Option<(u64, String, u64)>,
    pub(super) category: String,
    pub(super) code: String,
    pub(in crate::simulation) is_retryable: bool,
    pub(super) allows_new_key: bool,
    pub(super) says_nothing_was_done: bool,
    pub(super) is_replay: bool,
    pub(super) is_duplicate: bool,
    pub(super) is_durable: bool,
    /// The envelope.
    body: String,
}

impl Said {
    pub(super) fn of(reply: &Reply) -> Self {
        let envelope: Value = serde_json::from_str(reply.body()).unwrap_or_default();
        let (result, error) = (&envelope["result"], &envelope["error"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (category, code) = (text(&error["category"]), text(&error["code"]));
        let promises = error["message"].as_str().is_some_and(|text| text.contains("Nothing was"))
            || matches!(category.as_str(), "authz" | "validation" | "rejected")
            || matches!(code.as_str(), "in_flight" | "already_done" | "key_conflict");
        Self {
            receipt: result["entry"].as_u64().map(|entry| {
                (entry, text(&result["order"]), result["amount"].as_u64().unwrap_or_default())
            }),
            category,
            code,
            is_retryable: error["retryable"].as_bool().unwrap_or_default(),
            allows_new_key: error["safe_new_key"].as_bool().unwrap_or_default(),
            says_nothing_was_done: promises,
            is_replay: reply.is_replay(),
            is_duplicate: reply.duplicate_of().is_some(),
            is_durable: reply.is_durable(),
            body: reply.body().to_owned(),
        }
    }

    pub(in crate::simulation) fn is_done(&self) -> bool {
        self.receipt.is_some()
    }

    pub(in crate::simulation) fn is_unknown(&self) -> bool {
        self.category == "unknown"
    }

    pub(in crate::simulation) fn is_over_budget(&self) -> bool {
        self.code == "budget_exceeded"
    }

    /// Whether it is what the body came to, and was kept.
    fn is_recorded(&self) -> bool {
        self.is_durable && (self.is_done() || self.category == "rejected")
    }

    /// Whether the store could not be asked.
    fn is_trouble_with_the_store(&self) -> bool {
        self.code == "store_unavailable"
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.receipt {
            Some((entry, ..)) => write!(f, "that it is entry {entry}")?,
            None => write!(f, "{} {}", self.category, self.code)?,
        }
        let besides = [
            (self.is_replay, "again"),
            (self.is_duplicate, "of another key"),
            (!self.is_durable, "not durable"),
        ];
        besides.iter().filter(|(is, _)| *is).try_for_each(|(_, text)| write!(f, ", {text}"))
    }
}

impl Judge {
    pub(super) fn check_answer(&mut self, call: CallId, now: Moment) {
        let Some(said) = self.calls[call].said.clone() else { return };
        let found = self
            .wrong_success(call, &said)
            .or_else(|| self.broken_promise(call, &said, now))
            .or_else(|| self.changed_answer(call, &said, now))
            .or_else(|| self.groundless(call, &said, now));
        if let Some(check) = found {
            self.violate(check, format!("call {call}: {}", self.calls[call].intent), now);
        }
        if let Some((entry, ..)) = said.receipt {
            self.receipts.entry(entry).or_insert(said.body);
        }
    }

    /// A success is of one's own, and always the same.
    fn wrong_success(&self, call: CallId, said: &Said) -> Option<&'static str> {
        let (entry, order, amount) = said.receipt.as_ref()?;
        let intent = self.calls[call].intent;
        let Some(deed) = self.deeds.iter().find(|deed| deed.entry == *entry) else {
            return Some("no success before its effect");
        };
        let of = self.calls[deed.call].intent;
        let is_own = of.who == intent.who
            && of.tool.name == intent.tool.name
            && (of.key == intent.key || of.is_about(&intent));
        if !is_own {
            return Some("nobody is shown another's success");
        }
        let is_asked = (order, amount) == (&intent.order(), &intent.amount)
            && (&deed.order, &deed.amount) == (order, amount);
        if !is_asked {
            return Some("a success is what was asked for");
        }
        let same = self.receipts.get(entry).is_none_or(|first| *first == said.body);
        (!same).then_some("a success comes again byte for byte")
    }

    /// Who is told that nothing was done has done nothing, and whose key may be replaced as well.
    fn broken_promise(&self, call: CallId, said: &Said, now: Moment) -> Option<&'static str> {
        let intent = self.calls[call].intent;
        let acted = |other: CallId| self.deeds.iter().any(|deed| deed.call == other);
        if said.says_nothing_was_done && acted(call) {
            return Some("nothing is done where that was said");
        }
        // A body that panics before its effect is a defect of the body's.
        let is_own_defect = said.category == "internal" && !self.calls[call].is_disturbed;
        if is_own_defect || said.category == "validation" {
            return Some("the guard has no defect");
        }
        let spent = self.deeds.iter().any(|deed| {
            let of = self.calls[deed.call].intent;
            of.has_key_of(&intent)
                && of.has_arguments_of(&intent)
                && now.at_most_since(deed.at) < intent.retained(&self.plan) - self.plan.spread()
        });
        (said.allows_new_key && spent).then_some("a new key is safe where that was said")
    }

    /// What was recorded under a key is what is told under it, as long as it is kept.
    fn changed_answer(&self, call: CallId, said: &Said, now: Moment) -> Option<&'static str> {
        if said.is_trouble_with_the_store() {
            return None;
        }
        let record = &self.calls[call];
        let kept = record.intent.retained(&self.plan) - self.plan.spread();
        let (first, told) =
            self.calls[..call].iter().enumerate().rev().find_map(|(other, before)| {
                let told = before.said.as_ref()?;
                let is_first = told.is_recorded() && !told.is_replay;
                let ended = before.ended?;
                // A claim that the call gave up may be granted later still, to nobody.
                let mut grants = self.grants.iter().rev().filter(|grant| grant.call == other);
                let grant = grants.find(|grant| grant.at.at <= ended.at)?;
                let granted = Some(grant).filter(|grant| grant.is_of_own_key)?.at;
                (is_first
                    && ended.at <= record.began.at
                    && before.intent.has_key_of(&record.intent)
                    && now.at_most_since(granted) < kept)
                    .then_some((before, told))
            })?;
        let fits = if first.intent.has_arguments_of(&record.intent) {
            said.body == told.body
        } else {
            said.code == "key_conflict"
        };
        (!fits).then_some("what was recorded is what is told")
    }

    /// A refusal has a reason.
    fn groundless(&self, call: CallId, said: &Said, now: Moment) -> Option<&'static str> {
        let intent = self.calls[call].intent;
        let is_groundless = match said.code.as_str() {
            "in_flight" => !self.somebody_is_at_it(call),
            "key_conflict" => !self.was_asked_otherwise(call),
            // A refusal after an attempt that may have acted counts as if it had.
            "already_done" => {
                let is_about = |other: CallId| self.calls[other].intent.is_about(&intent);
                let done = self.deeds.iter().any(|deed| is_about(deed.call));
                let doubted =
                    |grant: &Grant| is_about(grant.call) && grant.verdict == Some(Verdict::Refused);
                let may_be_done = self.grants.iter().any(doubted) && self.is_explained(call);
                !(done || may_be_done)
            }
            "key_expired" => !self.calls.iter().any(|other| {
                other.intent.has_key_of(&intent)
                    && now.at_most_since(other.began)
                        >= intent.retained(&self.plan) - self.plan.spread()
            }),
            "budget_exceeded" => intent.tool.budgets.iter().all(|budget| {
                self.may_be_taken(call, budget, now) + intent.takes(budget) <= budget.max
            }),
            "limit_exceeded" => intent.amount <= 9,
            "store_unavailable" => !self.calls[call].is_disturbed,
            _ => said.is_unknown() && !self.is_explained(call),
        };
        is_groundless.then_some(match said.category.as_str() {
            "unknown" => "an unknown outcome has a cause",
            _ => "a refusal has a reason",
        })
    }

    /// Whether another call may hold the key, or what it is about.
    fn somebody_is_at_it(&self, call: CallId) -> bool {
        let record = &self.calls[call];
        self.grants.iter().filter(|grant| grant.call != call).any(|grant| {
            let other = &self.calls[grant.call];
            let same =
                other.intent.has_key_of(&record.intent) || other.intent.is_about(&record.intent);
            let ended = other.ended.is_some_and(|ended| ended.at < record.began.at);
            same && (!ended || other.is_disturbed)
        })
    }

    /// Whether the key, or what it is about, was asked for with other arguments.
    fn was_asked_otherwise(&self, call: CallId) -> bool {
        let record = &self.calls[call];
        self.grants.iter().filter(|grant| grant.call != call).any(|grant| {
            let other = &self.calls[grant.call];
            let free = other.ended.is_some_and(|ended| ended.at < record.began.at)
                && !other.is_disturbed
                && matches!(grant.verdict, Some(Verdict::Refused | Verdict::NothingDone));
            !other.intent.has_arguments_of(&record.intent)
                && (other.intent.has_key_of(&record.intent)
                    || other.intent.is_about(&record.intent) && !free)
        })
    }

    /// The most that other calls may hold and have spent of a budget. What a call found spent no
    /// more may count again before it is answered: the store's clock can be set back.
    fn may_be_taken(&self, call: CallId, budget: &BudgetSpec, now: Moment) -> u64 {
        let record = &self.calls[call];
        let all_along = [record.began, now];
        let shares = |other: &Intent| other.shares(budget, &record.intent);
        let spread = self.plan.spread();
        self.grants
            .iter()
            .filter(|grant| grant.call != call && shares(&self.calls[grant.call].intent))
            .filter(|grant| {
                let other = &self.calls[grant.call];
                let ended = other.ended.filter(|ended| ended.at < record.began.at);
                let is_certain = !other.is_disturbed && ended.is_some();
                let is_over = grant.verdict == Some(Verdict::Done)
                    && all_along.iter().all(|moment| {
                        grant.at_least_leased(*moment) >= millis(budget.per) + spread
                    });
                let is_free = is_certain
                    && matches!(grant.verdict, Some(Verdict::Refused | Verdict::NothingDone));
                let has_lapsed =
                    all_along.iter().all(|moment| grant.has_lapsed_unused(spread, *moment));
                !is_over && !is_free && !has_lapsed
            })
            .map(|grant| self.calls[grant.call].intent.takes(budget))
            .sum()
    }
}
