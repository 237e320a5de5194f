//! Calls with which nothing is wrong. A server that refuses them is of no use, however safe it is; and
//! attacks on a tool that cannot be called tell nothing.

use std::{collections::BTreeSet, time::Instant};

use super::{attack::Attack, field::Field, known::Known, link::Role, play::Play, report::Report};

/// The number of the first of them: callers, keys and objects are no attack's.
const FIRST: u64 = 1 << 50;

/// Calls that are right, each by a caller of its own where that can be.
pub(super) struct Right<'f> {
    field: &'f Field,
    made: u64,
}

impl<'f> Right<'f> {
    pub(super) fn calls(field: &'f Field) -> Self {
        Self { field, made: 0 }
    }

    /// Looks through what is said of the tools to whoever may see them.
    pub(super) fn list(&self, report: &mut Report) {
        let Some(tool) = self.field.tools.first() else { return };
        let mut play = Play::new(self.field, tool, Attack::Retry, FIRST);
        for answer in &self.field.listed {
            play.note(Role::Agent, "tools/list".into(), answer);
        }
        if let Some(why) = play.landed.take() {
            play.aside(why);
            report.benign.note(0, 1, play.steps);
        }
    }

    /// So many, and of each of these tools at least one. They come before the attacks, which may spend
    /// what they need.
    pub(super) async fn before(
        &mut self,
        wanted: u64,
        attacked: BTreeSet<usize>,
        report: &mut Report,
        mut told: impl FnMut(u64),
    ) {
        let tools = self.with_examples();
        while report.benign.calls < wanted && !tools.is_empty() {
            let place = usize::try_from(self.made).unwrap_or(0);
            let again = (place / tools.len()).is_multiple_of(4);
            self.one(tools[place % tools.len()], again, false, report).await;
            told(report.benign.calls);
        }
        for tool in attacked {
            let tool = &self.field.tools[tool];
            if report.premises.iter().all(|premise| premise.tool != tool.name) {
                self.one(tool, false, false, report).await;
            }
        }
    }

    /// One of each tool, to see that the server still works. What they need may be spent.
    pub(super) async fn after(&mut self, report: &mut Report) {
        for tool in self.with_examples() {
            self.one(tool, false, true, report).await;
        }
    }

    fn with_examples(&self) -> Vec<&'f Known> {
        self.field.tools.iter().filter(|tool| tool.example.is_some()).collect()
    }

    /// A call, and where it changes something the same `again`: an answer that was lost is asked for once
    /// more.
    async fn one(&mut self, tool: &Known, again: bool, spent: bool, report: &mut Report) {
        let mut play = Play::new(self.field, tool, Attack::Retry, FIRST + self.made);
        self.made += 1;
        let arguments = play.good();
        let (calls, mut accepted, mut refused) = (1 + u64::from(again && !tool.read_only), 0, 0);
        for _ in 0..calls {
            let began = Instant::now();
            let answer = play.call(Role::Agent, &arguments).await;
            if answer.is_accepted() {
                tool.pace.note(began.elapsed());
            }
            report.presume(&tool.name, answer.is_accepted());
            accepted += u64::from(answer.is_accepted());
            let excused = spent && answer.category() == Some("authz");
            refused += u64::from(!answer.is_accepted() && !excused);
        }
        let acted = play.effects().await;
        if let Some(why) = play.landed.take() {
            play.aside(why);
            return report.benign.note(calls, refused + 1, play.steps);
        }
        // What its schema suggests need not pass.
        if tool.example.is_none() {
            return;
        }
        let due = usize::from(!tool.read_only && (accepted > 0 || !spent));
        if self.field.ledger.is_some() && acted != due {
            play.aside(format!("the ledger has {acted} effects of this call"));
            refused += 1;
        }
        report.benign.note(calls, refused, play.steps);
    }
}
