//! What is published is what is enforced: a guard accepts a document exactly when another validator
//! accepts it by the published schema, and it never says a sent value again.
//!
//! `GUARD_TEST_DOCUMENTS` is how many are sent to each tool, `GUARD_TEST_SEED` which ones;
//! `GUARD_TEST_TOOL` and `GUARD_TEST_DOCUMENT` send those of one tool, or one of them.

mod chance;
mod constrained;
mod documents;
mod enums;
mod minimal;
mod mutations;
mod oracle;
mod refused;
mod run;
mod spelling;
mod structs;
mod texts;
mod trial;
mod wire;
mod wrong;
mod zoo;

use serde_json::json;

use self::{
    run::{Options, Outcome, run},
    trial::Trial,
    wire::{Answer, Wire},
};

#[test]
fn a_guard_accepts_what_its_published_schema_does_and_nothing_else() {
    let options = Options::from_env();
    let Outcome { trials, took } = run(&options);
    let sent: u64 = trials.iter().map(|trial| trial.counts.all()).sum();
    for trial in &trials {
        println!("{}", share_of(trial));
    }
    let rate = u128::from(sent) * 1000 / took.as_millis().max(1);
    println!(
        "seed {}: {sent} documents for {} tools in {took:.1?}, {rate} a second",
        options.seed,
        trials.len()
    );
    let found: Vec<_> = trials.iter().flat_map(|trial| &trial.disagreements).collect();
    println!("{} disagreements", found.len());
    let shown: String = found.iter().take(40).map(ToString::to_string).collect();
    assert!(found.is_empty(), "{} disagreements:\n{shown}", found.len());
    let vague = trials.iter().filter(|trial| options.is_whole() && !is_telling(trial));
    let vague: Vec<_> = vague.map(|trial| trial.animal.name).collect();
    assert!(vague.is_empty(), "too few documents were accepted, or refused, to tell: {vague:?}");
}

fn share_of(trial: &Trial) -> String {
    let counts = &trial.counts;
    let percent = counts.accepted * 100 / counts.all();
    let narrowed = match counts.narrowed {
        0 => String::new(),
        narrowed => format!(", {narrowed} refused by the type alone"),
    };
    format!("{:<28} {percent:>3} % of {} accepted{narrowed}", trial.animal.name, counts.all())
}

/// Whether a twentieth at least was accepted, and as much refused.
fn is_telling(trial: &Trial) -> bool {
    let counts = &trial.counts;
    let refused = if trial.animal.takes_anything() { counts.accepted } else { counts.refused };
    counts.accepted.min(refused) * 20 >= counts.all()
}

/// What no schema says, the type does: the guard is the stricter one.
#[tokio::test]
async fn a_map_s_key_beyond_its_type_is_refused() {
    let wire = Wire::open(zoo::guard()).await;
    let point = json!({"x": 1, "y": 1});
    for (key, fits) in [("255", true), ("256", false), ("18446744073709551616", false)] {
        let answer = wire.call("a_map_by_number", &json!({"value": {key: point}})).await;
        assert_eq!(answer != Answer::Refused, fits, "{key}: {answer:?}");
    }
}
