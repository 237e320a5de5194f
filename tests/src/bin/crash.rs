//! Kills servers by SIGKILL at every point of a call, on every store, and judges by a ledger outside of
//! the guard: `crash --rounds 200 [--store NAME] [--at POINT] [--at-once N] [--recovery MILLISECONDS]`.
//!
//! The servers that die are this program itself.

use std::{
    env,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use guard_tests::{
    crash::{
        backing::Backing,
        campaign::{self, Plan},
        table::Table,
    },
    server,
};

const USAGE: &str = "usage: crash [--rounds N] [--store sqlite|postgres|redis] [--at POINT] \
                     [--at-once N] [--recovery MILLISECONDS]";

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<_> = env::args().skip(1).collect();
    if let Some("stdio" | "http") = words.first().map(String::as_str) {
        return server::program(words).await;
    }
    match Wanted::parse(words) {
        Ok(wanted) => kill(wanted).await,
        Err(mistake) => {
            eprintln!("{mistake}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// What the command line says.
struct Wanted {
    plan: Plan,
    stores: Vec<String>,
}

impl Wanted {
    fn parse(words: Vec<String>) -> Result<Self, String> {
        let recovery = Duration::from_secs(1);
        let plan = Plan { rounds: 20, only: None, at_once: 12, recovery };
        let stores = Backing::NAMES.map(str::to_owned).into();
        let mut wanted = Self { plan, stores };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value"));
            let number =
                |text: String| text.parse::<u32>().map_err(|_| format!("`{text}` is no number"));
            match word.as_str() {
                "--rounds" => wanted.plan.rounds = number(value()?)?,
                "--at-once" => wanted.plan.at_once = number(value()?)?.max(1) as usize,
                "--at" => wanted.plan.only = Some(value()?.parse()?),
                "--recovery" => {
                    wanted.plan.recovery = Duration::from_millis(number(value()?)?.into());
                }
                "--store" => wanted.stores = vec![store_name(value()?)?],
                _ => return Err(format!("`{word}` is not known")),
            }
        }
        Ok(wanted)
    }
}

fn store_name(name: String) -> Result<String, String> {
    if Backing::NAMES.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(format!("`{name}` is no store: write one of {}", Backing::NAMES.join(", ")))
}

async fn kill(wanted: Wanted) -> ExitCode {
    let (begun, mut table) = (Instant::now(), Table::default());
    for backing in wanted.stores.iter().filter_map(|name| Backing::start(name)) {
        let begun = Instant::now();
        let of_store = campaign::run(&Arc::new(backing), &wanted.plan).await;
        eprintln!("{} deaths in {:.0?}", of_store.rounds(), begun.elapsed());
        table.absorb(of_store);
    }
    print!("{table}");
    for fault in table.faults().iter().take(20) {
        println!("{fault}");
    }
    let (deaths, faults) = (table.rounds(), table.faults().len());
    let (slowest, took) = (table.slowest().as_millis(), begun.elapsed().as_secs());
    println!("{deaths} servers died, {faults} faults, slowest recovery {slowest} ms, {took} s");
    if deaths > 0 && faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
