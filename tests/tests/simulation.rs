//! A small run of the simulation, and that what it finds can be found again.

use std::{fs, path::Path};

use guard_tests::{
    planted::{bugs, plant},
    simulation::{Options, Stores, replay, run},
};

/// Enough for every kind of fault, few enough for a debug build.
const CALLS: u64 = 4_000;

#[test]
fn whatever_goes_wrong_everything_holds() {
    let summary = run(&Options { stop_early: true, ..Options::calls(CALLS) });
    for episode in &summary.failed {
        eprintln!("{}\nepisode {}: {:?}", episode.history, episode.number, episode.violations);
    }
    assert_eq!(summary.violations, 0, "the history is above");
    assert!(summary.tally.calls >= CALLS && summary.tally.effects > CALLS / 10, "{summary}");
    assert!(summary.tally.faults.len() > 15, "a world without trouble shows nothing: {summary}");
}

#[test]
fn an_episode_can_be_played_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let play = |attempt: u32, number, stores| {
        let place = folder.path().join(format!("attempt-{attempt}"));
        fs::create_dir_all(&place).expect("a folder");
        replay(7, number, stores, &place).digest
    };
    let digests: Vec<_> = (0..12)
        .map(|number| (number, if number < 10 { Stores::Model } else { Stores::Embedded }))
        .map(|(number, stores)| {
            let digest = play(1, number, stores);
            assert_eq!(digest, play(2, number, stores), "episode {number}");
            digest
        })
        .collect();
    assert!(digests.windows(2).all(|pair| pair[0] != pair[1]), "every episode is another one");
}

/// The list of bugs has to follow the sources.
#[test]
fn every_planted_bug_fits_the_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let planted = plant(&|file| fs::read_to_string(root.join(file))).expect("no bug is rotten");
    let all: String = planted.into_values().collect();
    for bug in bugs() {
        let asked = format!("planted(\"{}\")", bug.name);
        assert!(all.contains(&asked), "nothing asks whether `{}` is on", bug.name);
    }
    assert!(bugs().count() >= 20);
}
