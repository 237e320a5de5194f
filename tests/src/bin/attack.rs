//! Attacks guards in this process with all that the adversary has: `attack [--attacks N] [--benign N]
//! [--seed S] [--only ATTACK] [--json]`. Ends with 1 if anything landed, if anything that is right was
//! refused, or if an attack that can be made in a process was not made.

use std::{env, error::Error, process::ExitCode};

use guard_tests::attacked::{OF_HTTP, SetUpError, adversary};
use mcp_guard::adversary::{Attack, Report};

const USAGE: &str = "usage: attack [--attacks N] [--benign N] [--seed S] [--only ATTACK] [--json]";

/// What a run takes.
struct Options {
    attacks: u64,
    benign: u64,
    seed: u64,
    json: bool,
    only: Option<Attack>,
}

#[tokio::main]
async fn main() -> ExitCode {
    // The bodies that panic say so on standard error, each time.
    std::panic::set_hook(Box::new(|_| {}));
    let Some(options) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match attack(&options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("attack: {error}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Options> {
    let mut options =
        Options { attacks: 100_000, benign: 10_000, seed: 1, json: false, only: None };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--attacks" => options.attacks = words.next()?.parse().ok()?,
            "--benign" => options.benign = words.next()?.parse().ok()?,
            "--seed" => options.seed = words.next()?.parse().ok()?,
            "--json" => options.json = true,
            "--only" => {
                let name = words.next()?;
                options.only = Some(*Attack::ALL.iter().find(|attack| attack.name() == name)?);
            }
            _ => return None,
        }
    }
    Some(options)
}

/// How many attacks one guard stands. The store in memory looks through all that it keeps.
const EACH: u64 = 2_000;

/// Attacks one fresh guard after the other, every second of which hides tools, on two threads.
async fn attack(options: &Options) -> Result<bool, Box<dyn Error>> {
    let guards = options.attacks.div_ceil(EACH).max(1);
    let (attacks, benign) = (options.attacks.div_ceil(guards), options.benign.div_ceil(guards));
    let one = |number: u64| {
        let seed = options.seed.wrapping_add(number);
        let mut run = adversary(number % 2 == 1)?.seed(seed).attacks(attacks).benign(benign);
        if let Some(attack) = options.only {
            run = run.only([attack]);
        }
        Ok::<_, SetUpError>(tokio::spawn(run.run()))
    };
    let (mut total, mut number) = (None::<Report>, 0);
    while number < guards {
        let under_way = [one(number)?, one(number + 1)?];
        number += 2;
        for run in under_way {
            let report = run.await??;
            match &mut total {
                Some(total) => total.add(report),
                None => total = Some(report),
            }
        }
        let Some(total) = &total else { continue };
        eprintln!("attack: {} attacks, {} landed", total.tried(), total.landed.len());
    }
    let total = total.ok_or("no guard was attacked")?;
    show(&total, options.json)?;
    Ok(total.is_safe() && (options.only.is_some() || all_were_made(&total)))
}

/// Whether every attack was made that can be in a process.
fn all_were_made(report: &Report) -> bool {
    let mut left = report.attacks.iter().filter(|row| row.not_tried.is_some());
    left.all(|row| OF_HTTP.contains(&row.attack))
}

fn show(report: &Report, json: bool) -> serde_json::Result<()> {
    if json {
        println!("{}", serde_json::to_string(report)?);
    } else {
        println!("{report}");
    }
    Ok(())
}
