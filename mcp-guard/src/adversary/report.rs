//! What came of the attacks.

use std::{fmt, time::Duration};

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

    /// Whether attacks were made, none landed, and nothing that was right was refused.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.tried() > 0
            && self.attacks.iter().all(|row| row.landed == 0)
            && self.benign.refused == 0
    }

    /// For tests: passes only where the report [is safe](Self::is_safe).
    ///
    /// # Panics
    /// With the report, if an attack landed, something that was right was refused, or no attack was made.
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
            if row.not_tried.is_none() {
                own.not_tried = None;
            }
        }
        self.landed.extend(other.landed);
        self.benign.calls += other.benign.calls;
        self.benign.refused += other.benign.refused;
        self.benign.transcripts.extend(other.benign.transcripts);
        self.seconds += other.seconds;
    }

    pub(super) fn took(&mut self, time: Duration) {
        self.seconds = time.as_secs_f64();
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, seed {}", self.target, self.seed)?;
        writeln!(f, "{:<42} {:>9} {:>9} {:>7}", "attack", "tried", "refused", "LANDED")?;
        for row in &self.attacks {
            if let Some(why) = &row.not_tried {
                writeln!(f, "{:<42} not tried: {why}", row.attack)?;
            } else {
                let Row { attack, tried, refused, landed, .. } = row;
                writeln!(f, "{attack:<42} {tried:>9} {refused:>9} {landed:>7}")?;
            }
        }
        let landed: u64 = self.attacks.iter().map(|row| row.landed).sum();
        let (tried, Benign { calls, refused, .. }) = (self.tried(), &self.benign);
        let all = "in all";
        writeln!(f, "{all:<42} {tried:>9} {:>9} {landed:>7}", tried - landed)?;
        writeln!(f, "{calls} benign calls, {refused} of them refused; {:.1} s", self.seconds)?;
        self.landed.iter().try_for_each(|landed| landed.fmt(f))?;
        for transcript in &self.benign.transcripts {
            writeln!(f, "\nA benign call was refused:")?;
            steps(f, transcript)?;
        }
        Ok(())
    }
}

impl fmt::Display for Landed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attack, tool, seed, number, why, transcript } = self;
        writeln!(f, "\n{attack} landed on {tool}: {why} (seed {seed}, number {number})")?;
        writeln!(f, "{}", attack.tries())?;
        steps(f, transcript)
    }
}

fn steps(f: &mut fmt::Formatter<'_>, transcript: &[Step]) -> fmt::Result {
    for Step { who, sent, answered } in transcript {
        if who.is_empty() {
            writeln!(f, "  -- {sent}")?;
            continue;
        }
        writeln!(f, "  {who} > {sent}")?;
        writeln!(f, "  {:>1$} < {2}", "", who.len(), answered.as_deref().unwrap_or("(no answer)"))?;
    }
    Ok(())
}
