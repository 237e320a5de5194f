//! The run: every attack on every tool, round after round, each judged before the next.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::atomic::{AtomicU64, AtomicUsize},
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use super::{
    attack::Attack,
    attacks, benign,
    builder::{Adversary, To},
    field::Field,
    link::{Http, Link, Stdio, Within},
    play::Play,
    report::{Benign, Landed, Report, Row},
    scan::Scanner,
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
}

impl Adversary {
    /// Makes the attacks, then the benign calls.
    ///
    /// # Errors
    /// When the server cannot be reached, or lists no tool of a name that is among those to attack, or
    /// that an example, a goal or a foreign object is for.
    pub async fn run(self) -> Result<Report, AdversaryError> {
        let began = Instant::now();
        let plan = Plan::of(&self);
        let field = self.take_the_field().await?;
        let mut report = plan.blank();
        let mut progress = Progress::new(plan.shows);
        let aims = plan.aims(&field, &mut report);
        plan.attack(&field, &aims, &mut report, &mut progress).await;
        if plan.replay.is_none() {
            report.benign = benign::calls(&field, plan.benign, |calls| {
                progress.tell(|| format!("{calls} of {} benign calls", plan.benign));
            })
            .await;
        }
        report.took(began.elapsed());
        Ok(report)
    }

    async fn take_the_field(self) -> Result<Field, AdversaryError> {
        let link = match self.target {
            To::Guard(guard, callers) => {
                Link::Within(Within { guard, callers, sessions: Mutex::default() })
            }
            To::Url(url) => Link::Http(Http::new(&url, self.tokens)),
            To::Command(command) => {
                let command = Mutex::new(*command);
                Link::Stdio(Stdio { command, session: Mutex::default() })
            }
        };
        let mut field = Field {
            link,
            tools: Vec::new(),
            goals: self.goals,
            ledger: self.ledger,
            clock: self.clock,
            trouble: self.trouble,
            foreign: self.foreign,
            scanner: Scanner::for_these(&self.canaries),
            patience: self.patience,
            seed: self.seed,
            has_sessions: false,
            next_id: AtomicU64::new(1),
            judged: AtomicUsize::new(0),
        };
        field.tools = field.learn().await?;
        field.learn_what_is_hidden().await;
        if let Some(wanted) = self.tools {
            field.keep(&wanted)?;
        }
        if let Link::Http(http) = &field.link {
            field.has_sessions = http.session().await.is_some();
        }
        for (tool, example) in self.examples {
            let place = field.tools.iter().position(|known| known.name == tool);
            let place = place.ok_or_else(|| field.no_such_tool(&tool))?;
            field.tools[place].example = Some(example);
        }
        field.check_names()?;
        // What was done before is nobody's affair.
        field.new_effects();
        Ok(field)
    }
}

impl Field {
    fn keep(&mut self, wanted: &BTreeSet<String>) -> Result<(), AdversaryError> {
        let missing = wanted.iter().find(|name| self.tools.iter().all(|tool| tool.name != **name));
        if let Some(name) = missing {
            return Err(self.no_such_tool(name));
        }
        self.tools.retain(|tool| wanted.contains(&tool.name));
        Ok(())
    }

    fn check_names(&self) -> Result<(), AdversaryError> {
        let goals = self.goals.iter().map(|goal| &goal.tool);
        let mut named = goals.chain(self.foreign.iter().map(|(tool, _)| tool));
        let missing = named.find(|name| self.tools.iter().all(|tool| tool.name != **name));
        missing.map_or(Ok(()), |name| Err(self.no_such_tool(name)))
    }

    fn no_such_tool(&self, name: &str) -> AdversaryError {
        let names: Vec<_> = self.tools.iter().map(|tool| tool.name.as_str()).collect();
        AdversaryError::NoSuchTool(name.to_owned(), names.join(", "))
    }
}

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
            benign: adversary.benign,
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
            seconds: 0.0,
        }
    }

    /// Every attack on every tool on which it can be made, and rows for all of them.
    fn aims(&self, field: &Field, report: &mut Report) -> Vec<(Attack, usize)> {
        let mut aims = Vec::new();
        for attack in Attack::ALL {
            let asked_for = self.only.as_ref().is_none_or(|only| only.contains(attack));
            let tools = if asked_for { field.aims(*attack) } else { Err("it was not asked for") };
            let not_tried = tools.as_ref().err().map(|why| (*why).to_owned());
            let row = Row { attack: *attack, tried: 0, refused: 0, landed: 0, not_tried };
            report.attacks.push(row);
            aims.extend(tools.unwrap_or_default().into_iter().map(|tool| (*attack, tool)));
        }
        aims
    }

    async fn attack(
        &self,
        field: &Field,
        aims: &[(Attack, usize)],
        report: &mut Report,
        progress: &mut Progress,
    ) {
        let mut rows: BTreeMap<_, _> =
            report.attacks.iter_mut().map(|row| (row.attack, row)).collect();
        let (mut number, mut made) = (0, 0);
        // The first round makes all of them, so that none is left out of a short run.
        for round in 0_u64.. {
            let before = made;
            for (attack, tool) in aims {
                if round % attack.every() != 0 {
                    continue;
                }
                number += 1;
                let Some(row) = rows.get_mut(attack).filter(|row| row.landed < self.enough) else {
                    continue;
                };
                if self.replay.is_some_and(|wanted| wanted != number) {
                    continue;
                }
                made += 1;
                let landed = make(field, *attack, *tool, number).await;
                row.tried += 1;
                row.refused += u64::from(landed.is_none());
                row.landed += u64::from(landed.is_some());
                report.landed.extend(landed);
                let landings = report.landed.len();
                let of = self.attacks;
                progress.tell(|| format!("{made} of {of} attacks, {landings} landed"));
            }
            let done = match self.replay {
                Some(wanted) => number >= wanted,
                None => made >= self.attacks || (made == before && round % 64 == 0),
            };
            if done || aims.is_empty() {
                return;
            }
        }
    }
}

/// Makes one attack and judges it.
async fn make(field: &Field, attack: Attack, tool: usize, number: u64) -> Option<Landed> {
    let tool = &field.tools[tool];
    let mut play = Play::new(field, tool, attack, number);
    attacks::make(attack, &mut play).await;
    play.judge().await;
    let why = play.landed?;
    let tool = tool.name.clone();
    Some(Landed { attack, tool, seed: field.seed, number, why, transcript: play.steps })
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
