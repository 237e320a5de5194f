//! What the backend did.

use mcp_guard::store::MAX_CAP;

use super::{CallId, Judge};
use crate::simulation::{intent::millis, time::Moment};

/// One entry of the ledger.
pub(super) struct Deed {
    pub(super) entry: u64,
    pub(super) call: CallId,
    /// The downstream key that it came with.
    pub(super) key: String,
    pub(super) order: String,
    pub(super) amount: u64,
    /// The operation that it belongs to, by its number.
    pub(super) operation: Option<usize>,
    /// Whether that is the operation of the call's own key.
    pub(super) is_of_own_key: bool,
    pub(super) at: Moment,
}

impl Judge {
    /// The backend acts.
    pub(in crate::simulation) fn acted(
        &mut self,
        entry: u64,
        call: CallId,
        key: &str,
        order: &str,
        amount: u64,
        now: Moment,
    ) {
        let grant = self.latest_grant(call);
        let operation = grant.map(|grant| grant.operation);
        let is_of_own_key = grant.is_some_and(|grant| grant.is_of_own_key);
        self.note(now, format_args!("EFFECT {entry} by call {call} on operation {operation:?}"));
        self.deeds.push(Deed {
            entry,
            call,
            key: key.to_owned(),
            order: order.to_owned(),
            amount,
            operation,
            is_of_own_key,
            at: now,
        });
        self.check_done_once(now);
        self.check_budgets(call, now);
        self.check_was_owned(call, entry, now);
    }

    /// No other entry is the same operation's, as long as that is remembered.
    fn check_done_once(&mut self, now: Moment) {
        let Some((new, earlier)) = self.deeds.split_last() else { return };
        let intent = self.calls[new.call].intent;
        let remembered = intent.remembered(&self.plan) - self.plan.spread();
        let twice =
            earlier.iter().filter(|old| now.at_most_since(old.at) < remembered).find_map(|old| {
                let other = self.calls[old.call].intent;
                let check = if old.key == new.key {
                    "one effect under a downstream key"
                } else if old.is_of_own_key && new.is_of_own_key && other.has_key_of(&intent) {
                    "one effect under an agent's key"
                } else if other.is_about(&intent) {
                    "one effect for a business key"
                } else {
                    return None;
                };
                Some((check, format!("entries {} and {}", old.entry, new.entry)))
            });
        if let Some((check, detail)) = twice {
            self.violate(check, detail, now);
        }
    }

    /// No budget is exceeded in the window that ends now.
    fn check_budgets(&mut self, call: CallId, now: Moment) {
        let intent = self.calls[call].intent;
        for budget in intent.tool.budgets {
            let window = millis(budget.per) - self.plan.spread();
            let taken: u64 = self
                .deeds
                .iter()
                .filter(|deed| now.at_most_since(deed.at) < window)
                .filter(|deed| self.calls[deed.call].intent.shares(budget, &intent))
                .map(|deed| budget.parameter.map_or(1, |_| deed.amount))
                .sum();
            if taken > budget.max.min(MAX_CAP) {
                let detail =
                    format!("{taken} within {:?}, and {} is allowed", budget.per, budget.max);
                self.violate("no budget is exceeded", detail, now);
            }
        }
    }

    /// Nobody acts whose agent was told that nothing was done.
    fn check_was_owned(&mut self, call: CallId, entry: u64, now: Moment) {
        let told_nothing =
            self.calls[call].said.as_ref().is_some_and(|said| said.says_nothing_was_done);
        if told_nothing {
            let detail = format!("entry {entry} comes after call {call} was told so");
            self.violate("nothing is done where that was said", detail, now);
        }
        let wrong = match self.latest_grant(call) {
            None => "nothing is done without a claim",
            Some(grant) if grant.is_tentative => "nothing is done before it is dispatched",
            Some(_) => return,
        };
        self.violate(wrong, format!("entry {entry} by call {call}"), now);
    }
}
