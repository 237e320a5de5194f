//! What came of the attacks.

mod table;

use std::time::Duration;

use serde::Serialize;

use super::{attack::Attack, play::Step};

/// What came of a run: by attack, and of what was right.
///
/// As text it is a table, and below it what landed, with the messages. As JSON (`serde`) it is the same.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The server that was attacked, as it was named to the adversary.
    pub target: String,
    /// The seed of every choice.
    pub seed: u64,
    /// The attacks, all of them, in a fixed order.
    pub attacks: Vec<Row>,
    /// What landed, oldest first; of each attack the first few.
    pub landed: Vec<Landed>,
    /// Calls with which nothing is wrong.
    pub benign: Benign,
    /// Whether each tool that was attacked can be called at all.
    pub premises: Vec<Premise>,
    /// How long it took, in seconds. Of runs that were [added](Self::add), all together.
    pub seconds: f64,
}

/// What came of one attack.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The attack.
    pub attack: Attack,
    /// How often it was made.
    pub tried: u64,
    /// How often it came to nothing: it was refused, or nothing was done beyond what is right.
    pub refused: u64,
    /// How often it landed.
    pub landed: u64,
    /// How often it told nothing: it begins with a call that is right, and that one was refused.
    pub void: u64,
    /// Why it was not made at all.
    pub not_tried: Option<String>,
}

/// An attack that landed.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Landed {
    /// Which.
    pub attack: Attack,
    /// On which tool.
    pub tool: String,
    /// The seed of the run.
    pub seed: u64,
    /// Its number in the run. [`Adversary::replay`](super::Adversary::replay) makes it again.
    pub number: u64,
    /// What landed.
    pub why: String,
    /// Everything that was sent and answered.
    pub transcript: Vec<Step>,
}

/// Calls with which nothing is wrong. All of them must pass.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Benign {
    /// How many were made.
    pub calls: u64,
    /// How many were refused, or not answered as they must be: each is a defect.
    pub refused: u64,
    /// The first few of them.
    pub transcripts: Vec<Vec<Step>>,
}

/// Calls of one tool with which nothing is wrong, the first ones of attacks among them. Where none of
/// them is accepted, whatever refuses them refuses the attacks as well, which then tell nothing.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Premise {
    /// The tool.
    pub tool: String,
    /// How many were made.
    pub calls: u64,
    /// How many were accepted.
    pub accepted: u64,
}

/// How many refused calls are kept.
const KEPT: usize = 5;

impl Benign {
    /// Notes calls, and how many of them were refused.
    pub(super) fn note(&mut self, calls: u64, refused: u64, steps: Vec<Step>) {
        self.calls += calls;
        self.refused += refused;
        if refused > 0 && self.transcripts.len() < KEPT {
            self.transcripts.push(steps);
        }
    }
}

impl Row {
    /// Whether it was made, and told nothing each time.
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.tried > 0 && self.void == self.tried
    }
}

impl Report {
    /// How many attacks were made.
    #[must_use]
    pub fn tried(&self) -> u64 {
        self.attacks.iter().map(|row| row.tried).sum()
    }

    /// Whether an attack landed.
    #[must_use]
    pub fn has_landed(&self, attack: Attack) -> bool {
        self.row(attack).is_some_and(|row| row.landed > 0)
    }

    /// What came of an attack.
    #[must_use]
    pub fn row(&self, attack: Attack) -> Option<&Row> {
        self.attacks.iter().find(|row| row.attack == attack)
    }

    /// Whether attacks were made, none landed, nothing that was right was refused, and the attacks tell
    /// something: a right call of each tool was accepted, and so was, at least once, the one that an attack
    /// begins with.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.tried() > 0
            && self.attacks.iter().all(|row| row.landed == 0 && !row.is_void())
            && self.premises.iter().all(|premise| premise.accepted > 0)
            && self.benign.refused == 0
    }

    /// For tests: passes only where the report [is safe](Self::is_safe).
    ///
    /// # Panics
    /// With the report, which then says why it is not.
    pub fn assert_safe(&self) {
        assert!(self.is_safe(), "the adversary got through, or could not try:\n{self}");
    }

    /// Adds what came of another run: of the same tools, with another seed.
    pub fn add(&mut self, other: Self) {
        for row in other.attacks {
            let Some(own) = self.attacks.iter_mut().find(|own| own.attack == row.attack) else {
                continue;
            };
            own.tried += row.tried;
            own.refused += row.refused;
            own.landed += row.landed;
            own.void += row.void;
            if row.not_tried.is_none() {
                own.not_tried = None;
            }
        }
        for Premise { tool, calls, accepted } in other.premises {
            let own = self.premise_of(&tool);
            own.calls += calls;
            own.accepted += accepted;
        }
        self.landed.extend(other.landed);
        self.benign.calls += other.benign.calls;
        self.benign.refused += other.benign.refused;
        self.benign.transcripts.extend(other.benign.transcripts);
        self.seconds += other.seconds;
    }

    /// Notes a call of a tool that is right.
    pub(super) fn presume(&mut self, tool: &str, accepted: bool) {
        let premise = self.premise_of(tool);
        premise.calls += 1;
        premise.accepted += u64::from(accepted);
    }

    fn premise_of(&mut self, tool: &str) -> &mut Premise {
        let place = self.premises.iter().position(|premise| premise.tool == tool);
        let place = place.unwrap_or_else(|| {
            self.premises.push(Premise { tool: tool.to_owned(), calls: 0, accepted: 0 });
            self.premises.len() - 1
        });
        &mut self.premises[place]
    }

    pub(super) fn took(&mut self, time: Duration) {
        self.seconds = time.as_secs_f64();
    }
}
