//! What `MCP_GUARD_EXPAND=1` shows, asked of the compiler itself.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What is generated is written for people to read, and only where that is asked for.
#[test]
fn the_expansion_is_shown_where_it_is_asked_for() {
    let page = include_str!("../docs/generated.md");
    let written = page.split("```ignore\n").nth(1).and_then(|rest| rest.split("```").next());
    let source = format!("use mcp_guard_macros::guarded_tool;\n{}", written.unwrap());
    let shown = compile(&source, "1");
    for line in [
        "pub async fn create_refund(",
        "    payments.refund(amount_cents, reason, effect.key()).await",
        "pub enum create_refund {}",
        "    impl __mcp_guard::Tool for create_refund {",
        "        async fn run(call: __mcp_guard::Provided<'_>, arguments: Self::Arguments) -> Self::Return {",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "`{line}` is not a line of\n{shown}");
    }
    for unset in ["0", ""] {
        let silent = compile(&source, unset);
        assert!(!silent.contains("impl __mcp_guard::Tool for create_refund"), "{silent}");
    }
}

/// What the compiler says of a source. There is no `mcp_guard` here, so that it says more after that.
fn compile(source: &str, expand: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("expand");
    fs::create_dir_all(&folder).expect("the folder for tests can be written");
    let file = folder.join("source.rs");
    fs::write(&file, source).expect("so can a file in it");
    let output = Command::new("rustc")
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--extern"])
        .arg(format!("mcp_guard_macros={}", macros().display()))
        .arg("--out-dir")
        .args([&folder, &file])
        .env("MCP_GUARD_EXPAND", expand)
        .output()
        .expect("the compiler is there");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The macros, as they were built last: beside this test.
fn macros() -> PathBuf {
    let here = env::current_exe().expect("a test knows where it is");
    let beside = fs::read_dir(here.with_file_name("")).expect("and what is beside it");
    let built = beside.filter_map(|entry| {
        let path = entry.ok()?.path();
        is_macros(&path).then_some((path.metadata().ok()?.modified().ok()?, path))
    });
    built.max().expect("the macros were built").1
}

fn is_macros(path: &Path) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    name.strip_prefix("lib").unwrap_or(&name).starts_with("mcp_guard_macros-")
        && path.extension().is_some_and(|extension| extension == env::consts::DLL_EXTENSION)
}
