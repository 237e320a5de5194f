//! Two crates with the same tools: guarded ones, and ones of `rmcp` alone, with the same structs and all
//! that `#[guarded_tool]` derives written by hand.

use std::{fs, io, path::Path};

/// The two crates.
pub(crate) const CRATES: [&str; 2] = ["guarded", "plain"];

const COMMON: &str = include_str!("templates/common.rs.txt");
const RESULT: &str = include_str!("templates/result.rs.txt");
const GUARDED: &str = include_str!("templates/guarded.rs.txt");
const GUARDED_TOOL: &str = include_str!("templates/guarded_tool.rs.txt");
const PLAIN: &str = include_str!("templates/plain.rs.txt");
const PLAIN_ARGUMENTS: &str = include_str!("templates/plain_arguments.rs.txt");
const PLAIN_TOOL: &str = include_str!("templates/plain_tool.rs.txt");

const DEPENDENCIES: &str = r#"
[dependencies]
mcp-guard = { path = "GUARD", default-features = false }
rmcp = { version = ">=3.10, <4", default-features = false, features = ["macros", "server"] }
schemars = "1.2"
serde = { version = "1", features = ["derive"] }
thiserror = "2"
"#;

/// Writes the workspace, with `tools` tools in each crate. `repository` is where `mcp-guard` is.
pub(crate) fn write(workspace: &Path, repository: &Path, tools: usize) -> io::Result<()> {
    let manifest = "[workspace]\nmembers = [\"guarded\", \"plain\"]\nresolver = \"3\"\n\n\
                    [profile.release]\nstrip = true\n";
    fs::create_dir_all(workspace)?;
    fs::write(workspace.join("Cargo.toml"), manifest)?;
    fs::copy(repository.join("Cargo.lock"), workspace.join("Cargo.lock"))?;
    let guard = repository.join("mcp-guard");
    let dependencies = DEPENDENCIES.replace("GUARD", &guard.to_string_lossy());
    for name in CRATES {
        let folder = workspace.join(name);
        fs::create_dir_all(folder.join("src"))?;
        let package =
            format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n");
        fs::write(folder.join("Cargo.toml"), package + &dependencies)?;
        let [library, program] = if name == "guarded" { guarded(tools) } else { plain(tools) };
        fs::write(folder.join("src/lib.rs"), library)?;
        fs::write(folder.join("src/main.rs"), program)?;
    }
    Ok(())
}

fn guarded(tools: usize) -> [String; 2] {
    let added = each(tools, ".tool::<create_refund_NUMBER>()");
    let library = format!(
        "{GUARDED}\n{COMMON}{}{}\npub fn guard() -> GuardBuilder {{\n    Guard::builder().provide(Payments){added}\n}}\n",
        each(tools, RESULT),
        each(tools, GUARDED_TOOL),
    );
    [library, "fn main() {\n    let _ = guarded::guard().build();\n}\n".to_owned()]
}

fn plain(tools: usize) -> [String; 2] {
    let library = format!(
        "{PLAIN}\n{COMMON}{}{}\n#[tool_router(vis = \"pub\")]\nimpl Server {{{}}}\n",
        each(tools, RESULT),
        each(tools, PLAIN_ARGUMENTS),
        each(tools, PLAIN_TOOL),
    );
    let program = "fn main() {\n    let router = plain::Server::tool_router();\n    let server = \
                   plain::Server { payments: plain::Payments, router };\n    \
                   println!(\"{}\", server.router.list_all().len());\n}\n";
    [library, program.to_owned()]
}

fn each(tools: usize, template: &str) -> String {
    (0..tools).map(|number| template.replace("NUMBER", &number.to_string())).collect()
}
