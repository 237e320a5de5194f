//! All tools' trials, on every core.

use std::{
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    trial::Trial,
    wire::Wire,
    zoo::{self, Animal},
};

/// What is to be tried.
pub(crate) struct Options {
    /// How many documents are sent to each tool.
    pub(crate) documents: u64,
    /// Which ones.
    pub(crate) seed: u64,
    /// Of one tool only.
    tool: Option<String>,
    /// One document only.
    document: Option<u64>,
}

impl Options {
    /// As `GUARD_TEST_DOCUMENTS`, `GUARD_TEST_SEED`, `GUARD_TEST_TOOL` and `GUARD_TEST_DOCUMENT` say.
    pub(crate) fn from_env() -> Self {
        Self {
            documents: number("GUARD_TEST_DOCUMENTS").unwrap_or(150),
            seed: number("GUARD_TEST_SEED").unwrap_or(8821),
            tool: std::env::var("GUARD_TEST_TOOL").ok(),
            document: number("GUARD_TEST_DOCUMENT"),
        }
    }

    /// Whether shares of what was accepted mean something.
    pub(crate) fn is_whole(&self) -> bool {
        self.document.is_none()
    }

    fn numbers(&self) -> std::ops::Range<u64> {
        self.document.map_or(0..self.documents, |number| number..number + 1)
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number")))
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) trials: Vec<Trial>,
    pub(crate) took: Duration,
}

/// Tries every tool.
pub(crate) fn run(options: &Options) -> Outcome {
    let started = Instant::now();
    let trials = on_every_core(options, &|mut trial, mut wire| async move {
        trial.send_samples(&mut wire).await;
        for number in options.numbers() {
            let document = trial.document(number);
            if !options.is_whole() {
                println!("{}: {document}", trial.animal.name);
            }
            trial.send(&mut wire, &document, Some(number)).await;
        }
        (trial, wire)
    });
    Outcome { trials, took: started.elapsed() }
}

/// Does something with every tool that is to be tried, and gives back what came of it in the zoo's order.
pub(crate) fn on_every_core<T: Send, F: Future<Output = (T, Wire)>>(
    options: &Options,
    task: &(impl Fn(Trial, Wire) -> F + Sync),
) -> Vec<T> {
    let wanted = |animal: &Animal| options.tool.as_ref().is_none_or(|tool| tool == animal.name);
    let animals: Vec<Animal> = zoo::animals().into_iter().filter(wanted).collect();
    assert!(!animals.is_empty(), "there is no such tool");
    let guard = zoo::guard();
    let todo = Mutex::new(animals.into_iter().enumerate());
    let done = Mutex::new(vec![]);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(async {
                    let mut wire = Wire::open(guard.clone()).await;
                    let tools: Vec<Value> = wire.tools().await;
                    loop {
                        let next = todo.lock().expect("a lock").next();
                        let Some((place, animal)) = next else { break };
                        let trial = Trial::of(animal, &tools, options.seed);
                        let (result, again) = task(trial, wire).await;
                        wire = again;
                        done.lock().expect("a lock").push((place, result));
                    }
                });
            });
        }
    });
    let mut done = done.into_inner().expect("a lock");
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}
