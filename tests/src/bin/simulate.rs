//! Plays the simulation: `simulate [--calls N] [--seed S] [--stores model|embedded|both]
//! [--threads N] [--stop-early]`, or one episode of it: `simulate --seed S --episode N`.
//! Ends with 1 if anything did not hold.

use std::{env, process::ExitCode};

use guard_tests::simulation::{Episode, Options, Stores, replay, run};

const USAGE: &str = "usage: simulate [--calls N] [--seed S] [--stores model|embedded|both] \
                     [--threads N] [--stop-early] [--episode N]";

fn main() -> ExitCode {
    match parse(env::args().skip(1)) {
        Some((options, None)) => play(&options),
        Some((options, Some(episode))) => show(&options, episode),
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<(Options, Option<u64>)> {
    let (mut options, mut episode) = (Options::calls(1_000_000), None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--calls" => options.calls = words.next()?.parse().ok()?,
            "--seed" => options.seed = words.next()?.parse().ok()?,
            "--threads" => options.threads = words.next()?.parse().ok()?,
            "--episode" => episode = Some(words.next()?.parse().ok()?),
            "--stop-early" => options.stop_early = true,
            "--stores" => {
                options.stores = match words.next()?.as_str() {
                    "model" => Stores::Model,
                    "embedded" => Stores::Embedded,
                    "both" => Stores::Both,
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
    Some((options, episode))
}

fn play(options: &Options) -> ExitCode {
    println!("seed {}", options.seed);
    let summary = run(options);
    println!("{summary}");
    for episode in &summary.failed {
        report(options, episode);
    }
    if summary.violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(options: &Options, episode: &Episode) {
    println!("\nepisode {} of seed {}:", episode.number, options.seed);
    for violation in &episode.violations {
        println!("  {}: {}", violation.check, violation.detail);
    }
    println!("Run it again with `simulate --seed {} --episode {}`.", options.seed, episode.number);
}

fn show(options: &Options, number: u64) -> ExitCode {
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("simulate: no folder for a store: {error}");
            return ExitCode::from(2);
        }
    };
    let episode = replay(options.seed, number, options.stores, folder.path());
    print!("{}", episode.history);
    println!("digest {:016x}", episode.digest);
    report(options, &episode);
    if episode.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
