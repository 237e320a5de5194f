//! The moments at which a server can die.

use std::{fmt, str::FromStr};

/// A moment of a call at which a server can die: `claim:before`, `settle:during`, `effect:after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    /// Which step of the call.
    pub step: Step,
    /// Whether before it, while it is under way, or when it is over and nothing followed yet.
    pub moment: Moment,
}

/// Whether before a step, in it, or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Moment {
    /// Nothing of it was done.
    Before,
    /// It was asked for, and the answer is not there. Of an effect: it was begun, and not done.
    During,
    /// It was done, and nothing followed.
    After,
}

/// Declares the steps, each with its name on the command line.
macro_rules! steps {
    ($($(#[$docs:meta])* $step:ident = $name:literal),* $(,)?) => {
        /// A step of a call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Step {
            $($(#[$docs])* $step),*
        }

        impl Step {
            const ALL: &[(Self, &str)] = &[$((Self::$step, $name)),*];
        }
    };
}

steps! {
    /// The store is asked for a claim; with it, a budget is reserved.
    Claim = "claim",
    /// The store is told that the body is alive.
    Renew = "renew",
    /// The body marks the moment before which nothing can have been done.
    Dispatch = "dispatch",
    /// The body acts.
    Effect = "effect",
    /// The store is told the outcome.
    Settle = "settle",
    /// The client is answered.
    Reply = "reply",
    /// The tool's own function finds out about an earlier attempt.
    Reconcile = "reconcile",
    /// The store is told what was found out.
    Resolve = "resolve",
    /// A transaction is opened, and the operation claimed in it.
    Begin = "begin",
    /// The body's first statement in the transaction.
    First = "first",
    /// Its second.
    Second = "second",
    /// Its third.
    Third = "third",
    /// The outcome is recorded in the transaction, which is committed.
    Finish = "finish",
}

impl Step {
    /// Before, during and after it.
    const fn throughout(self) -> [Point; 3] {
        [
            Point { step: self, moment: Moment::Before },
            Point { step: self, moment: Moment::During },
            Point { step: self, moment: Moment::After },
        ]
    }
}

impl Point {
    /// The client has its answer.
    pub const REPLIED: Self = Self { step: Step::Reply, moment: Moment::After };

    /// A point.
    #[must_use]
    pub const fn new(step: Step, moment: Moment) -> Self {
        Self { step, moment }
    }

    /// The points that every call passes whose effect is outside of the store.
    #[must_use]
    pub fn of_a_call() -> Vec<Self> {
        let steps = [Step::Claim, Step::Effect, Step::Renew, Step::Settle];
        steps.into_iter().flat_map(Step::throughout).chain([Self::REPLIED]).collect()
    }

    /// The points that a call passes whose tool marks the moment of its effect.
    #[must_use]
    pub fn of_a_dispatch() -> Vec<Self> {
        Step::Dispatch.throughout().into()
    }

    /// The points that a call passes which finds out about an earlier one.
    #[must_use]
    pub fn of_a_reconciliation() -> Vec<Self> {
        let [before, _, after] = Step::Reconcile.throughout();
        [before, after].into_iter().chain(Step::Resolve.throughout()).collect()
    }

    /// The points that a call passes whose effect is in the store's own transaction.
    #[must_use]
    pub fn of_a_transaction() -> Vec<Self> {
        let steps = [Step::Begin, Step::First, Step::Second, Step::Third, Step::Finish];
        steps.into_iter().flat_map(Step::throughout).chain([Self::REPLIED]).collect()
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Step::ALL.iter().find(|(step, _)| *step == self.step).map(|(_, name)| *name);
        let moment = match self.moment {
            Moment::Before => "before",
            Moment::During => "during",
            Moment::After => "after",
        };
        write!(f, "{}:{moment}", name.unwrap_or_default())
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let step_and_moment = text.split_once(':').and_then(|(step, moment)| {
            let (step, _) = Step::ALL.iter().find(|(_, name)| *name == step)?;
            let moment = match moment {
                "before" => Moment::Before,
                "during" => Moment::During,
                "after" => Moment::After,
                _ => return None,
            };
            Some(Self::new(*step, moment))
        });
        step_and_moment.ok_or_else(|| {
            let steps: Vec<_> = Step::ALL.iter().map(|(_, name)| *name).collect();
            format!(
                "`{text}` is no point: write a step ({}), `:`, and `before`, `during` or `after`",
                steps.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_reads_as_it_is_written() {
        for (step, _) in Step::ALL {
            for point in step.throughout() {
                assert_eq!(point.to_string().parse(), Ok(point));
            }
        }
        for wrong in ["", "claim", "claim:", "claim:soon", ":before", "clam:before"] {
            assert!(wrong.parse::<Point>().is_err_and(|said| said.contains("claim, renew")));
        }
    }
}
