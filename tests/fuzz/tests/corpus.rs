//! What the fuzzers have found so far, played again: every input that reached something new, and every one
//! that once broke something.

use std::{fs, path::Path};

use guard_fuzz::TARGETS;

#[test]
fn every_kept_input_is_answered_rightly() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in TARGETS {
        let inputs = fs::read_dir(corpus.join(name)).expect("a corpus");
        let inputs: Vec<_> = inputs.map(|input| input.expect("an input").path()).collect();
        assert!(inputs.len() >= 10, "{name}: {} inputs are kept", inputs.len());
        for input in inputs {
            eprintln!("{}", input.display());
            target(&fs::read(&input).expect("a file"));
        }
    }
}
