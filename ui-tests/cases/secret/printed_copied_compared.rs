//! What prints, copies or compares a secret spreads it.
use mcp_guard::prelude::*;

#[derive(Debug)]
struct Settings {
    key: Secret,
}

fn main() {
    let settings = Settings { key: Secret::new("key".into()) };
    println!("{}", settings.key);
    let copy = settings.key.clone();
    assert!(copy == settings.key);
}
