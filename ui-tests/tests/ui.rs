//! What the compiler says: each folder of `cases` is named by a mistake, and each file in it has
//! what is said beside it. The files in `pass` compile without a warning, and run.
//!
//! `TRYBUILD=overwrite cargo test -p guard-ui-tests` writes down what is said now.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("cases/*/*.rs");
}

#[test]
fn correct_code_compiles_and_means_what_it_says() {
    trybuild::TestCases::new().pass("pass/*.rs");
}
