//! The adversary, on the guarded server and on its bare twin, side by side.

mod board;
mod field;

use std::{error::Error, process::ExitCode};

use field::Field;
use serde_json::json;

/// How many attacks, and calls with which nothing is wrong, are made by default.
const ATTACKS: u64 = 2_000;
/// The bare server needs no more than a few.
const ATTACKS_ON_BARE: u64 = 200;
const BENIGN: u64 = 400;

/// Attacks both, prints both reports and what differs. Fails if anything landed on the guarded one, or if
/// something that is right was refused.
///
/// # Errors
/// When the servers cannot be started or reached.
pub(crate) async fn run(attacks: Option<u64>, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let field = Field::set().await?;
    eprintln!("refunds: attacking the guarded server");
    let guarded = field.guarded()?.attacks(attacks.unwrap_or(ATTACKS)).benign(BENIGN);
    let guarded = guarded.show_progress().run().await?;
    eprintln!("refunds: attacking its bare twin");
    let bare = field.bare()?.attacks(ATTACKS_ON_BARE).benign(BENIGN / 10);
    let bare = bare.show_progress().run().await?;
    if json {
        println!("{}", json!({"guarded": guarded, "bare": bare}));
    } else {
        println!("{bare}\n{}", board::side_by_side(&guarded, &bare));
        if !guarded.is_safe() {
            println!("{guarded}");
        }
    }
    Ok(if guarded.is_safe() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
