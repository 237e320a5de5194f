//! What the compiler says: each folder of `cases` is named by a mistake, and each file in it says how
//! many it makes and has beside it what is said of them. The files in `pass` compile without a warning,
//! and run.
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
    let programs = entries(Path::new("pass"));
    assert!(programs.len() >= 25, "only {} programs", programs.len());
    trybuild::TestCases::new().pass("pass/*.rs");
}

/// A mistake has one message, at what is wrong, and nothing follows from it.
#[test]
fn each_mistake_is_told_once() {
    let cases = cases();
    assert!(cases.len() >= 80, "only {} cases", cases.len());
    let wrong: Vec<_> = cases.iter().filter_map(|case| case.check().err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A program that does not compile, and what is said of it.
struct Case {
    path: PathBuf,
    declared: Option<usize>,
    said: Vec<String>,
}

impl Case {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("a case can be read");
        let said = fs::read_to_string(path.with_extension("stderr")).unwrap_or_default();
        let said = said.lines().map(str::to_owned).collect();
        Self { path, declared: declared(&text), said }
    }

    fn check(&self) -> Result<(), String> {
        let path = self.path.display();
        let Some(declared) = self.declared else {
            return Err(format!("{path}: its first line ends with how many, as `(1 mistake)`"));
        };
        let told = self.begin("error").count();
        if told != declared {
            return Err(format!("{path}: {told} messages for {declared} mistakes"));
        }
        if self.begin("warning").next().is_some() {
            return Err(format!("{path}: a warning as well"));
        }
        let elsewhere = self.begin("error").find(|&line| !self.points_at_the_case(line));
        elsewhere.map_or(Ok(()), |line| {
            Err(format!("{path}: points at other code: {}", self.said[line]))
        })
    }

    /// The lines on which messages of this kind begin.
    fn begin(&self, kind: &'static str) -> impl Iterator<Item = usize> {
        let said = self.said.iter().enumerate();
        said.filter(move |(_, line)| {
            line.strip_prefix(kind).is_some_and(|rest| rest.starts_with([':', '[']))
        })
        .map(|(number, _)| number)
    }

    /// Whether the message is about what the program's author wrote.
    fn points_at_the_case(&self, line: usize) -> bool {
        let mut places =
            self.said[line..].iter().filter_map(|line| line.trim_start().strip_prefix("--> "));
        places.next().is_some_and(|place| place.starts_with(&*self.path.to_string_lossy()))
    }
}

/// How many mistakes the first line of a case says that it makes.
fn declared(text: &str) -> Option<usize> {
    let (_, said) = text.lines().next()?.strip_suffix(')')?.rsplit_once('(')?;
    match said.split_once(' ')? {
        ("1", "mistake") => Some(1),
        (several, "mistakes") => several.parse().ok().filter(|several| *several > 1),
        _ => None,
    }
}

fn cases() -> Vec<Case> {
    entries(Path::new("cases"))
        .iter()
        .flat_map(|folder| entries(folder))
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .map(Case::read)
        .collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the cases are beside this crate");
    entries.map(|entry| entry.expect("a case can be read").path()).collect()
}
