//! What the compiler says: each folder of `cases` is named by a mistake, and each file in it has
//! what is said beside it. The files in `pass` compile without a warning, and run.
//!
//! `TRYBUILD=overwrite cargo test -p guard-ui-tests` writes down what is said now.

use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("cases/*/*.rs");
}

#[test]
fn correct_code_compiles_and_means_what_it_says() {
    trybuild::TestCases::new().pass("pass/*.rs");
}

/// Where the macro has said what is wrong, the compiler has nothing to add.
#[test]
fn nothing_follows_from_a_mistake() {
    let mut explained = 0;
    for folder in entries(Path::new("cases")) {
        for file in entries(&folder) {
            if file.extension().is_none_or(|extension| extension != "stderr") {
                continue;
            }
            let said = fs::read_to_string(&file).unwrap();
            let begins = |start: &str| said.lines().any(|line| line.starts_with(start));
            if begins("error: ") {
                explained += 1;
                let file = file.display();
                assert!(!begins("error[") && !begins("warning"), "a second message in {file}");
            }
        }
    }
    assert!(explained > 100, "only {explained} mistakes are explained");
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the cases are beside this crate");
    entries.map(|entry| entry.expect("a case can be read").path()).collect()
}
