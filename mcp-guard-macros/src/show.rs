//! `MCP_GUARD_EXPAND=1`: what is generated, for people to read.

use std::{
    env,
    io::{self, Write as _},
    process::{Command, Stdio},
};

use proc_macro2::TokenStream;

/// The expansion, after writing it to standard error where the environment asks for that.
pub(crate) fn shown(expanded: TokenStream) -> TokenStream {
    if env::var_os("MCP_GUARD_EXPAND").is_some_and(|set| !set.is_empty() && set != "0") {
        let text = expanded.to_string();
        eprintln!("{}", formatted(&text).unwrap_or(text));
    }
    expanded
}

/// The text as the toolchain's own formatter writes it. It is asked for only here, so that no build needs it.
fn formatted(text: &str) -> io::Result<String> {
    let mut formatter = Command::new("rustfmt")
        .args(["--edition", "2024", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = formatter.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    let output = formatter.wait_with_output()?;
    if !output.status.success() {
        return Err(io::Error::other("the formatter refused it"));
    }
    String::from_utf8(output.stdout).map_err(io::Error::other)
}
