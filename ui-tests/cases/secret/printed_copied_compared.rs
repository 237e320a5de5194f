//! What prints, copies or compares a secret spreads it. (4 mistakes)
use mcp_guard::prelude::*;

#[derive(Debug)]
struct Settings {
    key: Secret,
}

fn main() {
    let settings = Settings { key: Secret::new("key".into()) };
    println!("{}", settings.key);
    let _ = settings.key.clone();
    assert!(settings.key == settings.key);
}
