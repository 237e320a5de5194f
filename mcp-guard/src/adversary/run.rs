//! The run: every attack on every tool, round after round, each judged before the next.

use std::{
    collections::BTreeSet,
    io,
    time::{Duration, Instant},
};

use super::{
    attack::Attack,
    attacks,
    benign::Right,
    builder::Adversary,
    field::Field,
    play::Play,
    report::{Benign, Landed, Report, Row},
};

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdversaryError {
    /// The server could not be reached, or did not list its tools.
    #[error("the server cannot be attacked: {0}")]
    Unreachable(#[from] io::Error),
    /// A tool that is named is not there.
    #[error("the server lists no tool `{0}`: name one of {1}")]
    NoSuchTool(String, String),
    /// What is said to be another caller's, or nobody's, is not an object.
    #[error(
        "what is foreign to `{0}` is not arguments: give two objects, such as \
         {{\"order_id\": \"ord_theirs\"}} and {{\"order_id\": \"ord_nobodys\"}}"
    )]
    NoArguments(String),
}

impl Adversary {
    /// Makes the benign calls, while nothing that they need is spent; then the attacks; and then one more
    /// benign call of each tool.
    ///
    /// # Errors
    /// When the server cannot be reached, lists no tool of a name that was given, or when what is foreign
    /// is not arguments.
    pub async fn run(self) -> Result<Report, AdversaryError> {
        let began = Instant::now();
        let plan = Plan::of(&self);
        let field = self.take_the_field().await?;
        let mut report = plan.blank();
        let mut progress = Progress::new(plan.shows);
        let aims = plan.aims(&field, &mut report);
        let mut right = Right::calls(&field);
        right.list(&mut report);
        let attacked = aims.iter().map(|(_, tool)| *tool).collect();
        right
            .before(plan.benign, attacked, &mut report, |calls| {
                progress.tell(|| format!("{calls} of {} benign calls", plan.benign));
            })
            .await;
        plan.attack(&field, &aims, &mut report, &mut progress).await;
        if plan.benign > 0 {
            right.after(&mut report).await;
        }
        report.took(began.elapsed());
        Ok(report)
    }
}

/// Why most attacks are not made, where some are named.
const NOT_ASKED_FOR: &str = "it was not asked for";

/// How much is made of what.
struct Plan {
    target: String,
    seed: u64,
    attacks: u64,
    benign: u64,
    replay: Option<u64>,
    enough: u64,
    only: Option<BTreeSet<Attack>>,
    shows: bool,
}

impl Plan {
    fn of(adversary: &Adversary) -> Self {
        Self {
            target: adversary.name.clone(),
            seed: adversary.seed,
            attacks: adversary.attacks,
            benign: if adversary.replay.is_some() { 0 } else { adversary.benign },
            replay: adversary.replay,
            enough: adversary.enough.max(1),
            only: adversary.only.clone(),
            shows: adversary.shows_progress,
        }
    }

    fn blank(&self) -> Report {
        Report {
            target: self.target.clone(),
            seed: self.seed,
            attacks: Vec::new(),
            landed: Vec::new(),
            benign: Benign::default(),
            premises: Vec::new(),
            seconds: 0.0,
        }
    }

    /// Every attack on every tool on which it can be made, and rows for all of them.
    fn aims(&self, field: &Field, report: &mut Report) -> Vec<(Attack, usize)> {
        let mut aims = Vec::new();
        for attack in Attack::ALL {
            let asked_for = self.only.as_ref().is_none_or(|only| only.contains(attack));
            let tools = if asked_for { field.aims(*attack) } else { Err(NOT_ASKED_FOR) };
            let not_tried = tools.as_ref().err().map(|why| (*why).to_owned());
            let row = Row { attack: *attack, tried: 0, refused: 0, landed: 0, void: 0, not_tried };
            report.attacks.push(row);
            aims.extend(tools.unwrap_or_default().into_iter().map(|tool| (*attack, tool)));
        }
        // Where all callers are one, the others come to something at least in the first round.
        aims.sort_by_key(|(attack, _)| attack.spends());
        aims
    }

    async fn attack(
        &self,
        field: &Field,
        aims: &[(Attack, usize)],
        report: &mut Report,
        progress: &mut Progress,
    ) {
        let mut tally = Tally { report, number: 0, made: 0 };
        // The first round makes all of them, so that none is left out of a short run.
        for round in 0_u64.. {
            let before = tally.made;
            for (attack, tool) in aims.iter().filter(|(attack, _)| round % attack.every() == 0) {
                tally.number += 1;
                if self.is_due(*attack, &tally) {
                    tally.count(*attack, make(field, *attack, *tool, tally.number).await);
                }
                progress.tell(|| tally.standing(self.attacks));
            }
            let is_over = match self.replay {
                Some(wanted) => tally.number >= wanted,
                None => tally.made >= self.attacks || (tally.made == before && round % 64 == 0),
            };
            if is_over || aims.is_empty() {
                return tally.close(self.replay.is_some());
            }
        }
    }

    fn is_due(&self, attack: Attack, tally: &Tally<'_>) -> bool {
        let landed = tally.report.row(attack).map_or(0, |row| row.landed);
        landed < self.enough && self.replay.is_none_or(|wanted| wanted == tally.number)
    }
}

/// What has come of the attacks so far.
struct Tally<'r> {
    report: &'r mut Report,
    /// The number of the attack that is next in line, made or not.
    number: u64,
    made: u64,
}

impl Tally<'_> {
    fn count(&mut self, attack: Attack, made: Option<Made<'_>>) {
        let row = self.report.attacks.iter_mut().find(|row| row.attack == attack);
        let (Some(row), Some(made)) = (row, made) else { return };
        self.made += 1;
        row.tried += 1;
        match &made.landed {
            Some(_) => row.landed += 1,
            None if made.presumed == Some(false) => row.void += 1,
            None => row.refused += 1,
        }
        self.report.landed.extend(made.landed);
        if let Some(accepted) = made.presumed {
            self.report.presume(made.tool, accepted);
        }
    }

    fn standing(&self, of: u64) -> String {
        format!("{} of {of} attacks, {} landed", self.made, self.report.landed.len())
    }

    /// What was not made although it could be is told as well.
    fn close(self, is_replay: bool) {
        let why = if is_replay { NOT_ASKED_FOR } else { "the tools leave nothing to send" };
        for row in self.report.attacks.iter_mut().filter(|row| row.tried == 0) {
            row.not_tried.get_or_insert_with(|| why.into());
        }
    }
}

/// What came of one attack.
struct Made<'f> {
    tool: &'f str,
    /// Whether the right call that it began with was accepted, if it did with one.
    presumed: Option<bool>,
    landed: Option<Landed>,
}

/// Makes one attack and judges it; `None` where there was nothing to send.
async fn make(field: &Field, attack: Attack, tool: usize, number: u64) -> Option<Made<'_>> {
    let tool = &field.tools[tool];
    let mut play = Play::new(field, tool, attack, number);
    attacks::make(attack, &mut play).await;
    play.judge().await;
    if play.steps.is_empty() {
        return None;
    }
    let Play { presumed, landed, steps: transcript, .. } = play;
    let landed = landed.map(|why| {
        let (tool, seed) = (tool.name.clone(), field.seed);
        Landed { attack, tool, seed, number, why, transcript }
    });
    Some(Made { tool: &tool.name, presumed, landed })
}

/// Tells a person how far it has come.
struct Progress {
    shows: bool,
    last: Instant,
}

impl Progress {
    fn new(shows: bool) -> Self {
        Self { shows, last: Instant::now() }
    }

    fn tell(&mut self, said: impl FnOnce() -> String) {
        if self.shows && self.last.elapsed() > Duration::from_secs(1) {
            eprintln!("adversary: {}", said());
            self.last = Instant::now();
        }
    }
}
