//! The crate's front page says what there is.

const MANIFEST: &str = include_str!("../Cargo.toml");
const PAGE: &str = include_str!("../README.md");

#[test]
fn every_feature_has_its_row() {
    let (_, features) = MANIFEST.split_once("[features]\n").expect("features");
    let features = features.split("\n[").next().expect("their lines");
    let names: Vec<_> = features
        .lines()
        .filter_map(|line| line.split_once(" = [").map(|(name, _)| name))
        .filter(|name| *name != "default" && !name.starts_with("__"))
        .collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(PAGE.contains(&format!("\n| `{name}`")), "the table of features lacks `{name}`");
    }
}
