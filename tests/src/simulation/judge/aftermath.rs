//! How things stand once nothing goes wrong any more.

use mcp_guard::{
    OnUnknown,
    store::{Inspected, OperationId, record::State},
};

use super::{CallId, Judge};
use crate::simulation::{intent::Intent, time::Moment};

impl Judge {
    /// The operations that were ever claimed.
    pub(in crate::simulation) fn operations(&self) -> Vec<OperationId> {
        self.operations.clone()
    }

    /// For each key that was used: the first call with it that was let in, or the first.
    pub(in crate::simulation) fn keys(&self) -> Vec<Intent> {
        let mut keys: Vec<Intent> = Vec::new();
        let claimed = self.grants.iter().map(|grant| grant.call);
        for call in claimed.chain(0..self.calls.len()) {
            let intent = self.calls[call].intent;
            if !keys.iter().any(|known| known.has_key_of(&intent)) {
                keys.push(intent);
            }
        }
        keys
    }

    /// The last call.
    pub(in crate::simulation) fn last_call(&self) -> CallId {
        self.calls.len().saturating_sub(1)
    }

    /// A call in the calm came to an end that is one.
    pub(in crate::simulation) fn check_settles(&mut self, call: CallId, now: Moment) {
        let record = &self.calls[call];
        let remains_unknown = record.intent.spec().on_unknown == OnUnknown::Refuse;
        let settles = record.said.as_ref().is_some_and(|said| {
            said.is_done()
                || matches!(said.category.as_str(), "rejected" | "authz")
                || matches!(said.code.as_str(), "key_conflict" | "key_expired" | "already_done")
                || said.is_unknown() && remains_unknown
                || said.is_unknown() && self.belongs_to_another(call)
        });
        if !settles {
            let detail = format!("call {call}: {}", record.intent);
            self.violate("everything settles in the calm", detail, now);
        }
    }

    /// Whether what a call is about is in another's hands, who alone may repeat it.
    fn belongs_to_another(&self, call: CallId) -> bool {
        let intent = self.calls[call].intent;
        self.grants.iter().any(|grant| {
            let other = self.calls[grant.call].intent;
            other.is_about(&intent) && other.who != intent.who
        })
    }

    /// How an operation stands in the store in the end.
    pub(in crate::simulation) fn check_record(
        &mut self,
        operation: OperationId,
        found: Option<&Inspected>,
        now: Moment,
    ) {
        let number = self.number(operation);
        let deed = self.deeds.iter().rev().find(|deed| deed.operation == Some(number));
        let is_remembered = deed.is_some_and(|deed| {
            let remembered = self.calls[deed.call].intent.remembered(&self.plan);
            now.at_most_since(deed.at) < remembered - self.plan.spread()
        });
        let was_disturbed = self
            .grants
            .iter()
            .any(|grant| grant.operation == number && self.is_explained(grant.call));
        let wrong = match found {
            None => is_remembered.then_some("every effect is recorded or unknown"),
            Some(Inspected { record, now: read, .. }) if record.is_unknown(*read) => {
                (!was_disturbed).then_some("an unknown outcome has a cause")
            }
            Some(Inspected { record, .. }) => match record.state {
                State::Claimed { .. } => Some("everything settles in the calm"),
                // A refusal after an attempt that may have acted counts as if it had.
                State::Recorded { acted: true, ref reply, .. } => (deed.is_none()
                    && !reply.is_error)
                    .then_some("nothing is recorded as done before it was"),
                _ => is_remembered.then_some("every effect is recorded or unknown"),
            },
        };
        if let Some(check) = wrong {
            let detail =
                format!("operation {number}: {:?}", found.map(|found| &found.record.state));
            self.violate(check, detail, now);
        }
    }
}
