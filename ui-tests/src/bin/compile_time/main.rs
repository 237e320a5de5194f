//! How long 100 guarded tools take to compile, against 100 tools of `rmcp` alone with the same structs.
//!
//! `cargo run -p guard-ui-tests --bin compile_time -- --tools 100 --rounds 5`
//!
//! Both crates stand on the same dependencies, which are compiled first. Then they are compiled in turn, whole,
//! without incremental compilation, and the medians are compared: by the processor's time, which other work
//! on the machine does not change much. It fails if guarded tools take more than half as much again.

mod measure;
mod sources;

use std::{
    env, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use self::{
    measure::{Bench, median},
    sources::CRATES,
};

/// Beyond it, the measurement fails.
const HIGHEST: f64 = 1.5;

fn main() -> io::Result<ExitCode> {
    let [tools, rounds] = [argument("--tools", 100), argument("--rounds", 5)];
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let bench = Bench { workspace: workspace(&repository) };
    sources::write(&bench.workspace, &repository, tools)?;

    println!("{tools} tools, {rounds} rounds");
    let check = compare(&bench, "check", rounds)?;
    let build = compare(&bench, "build", rounds)?;
    made_of(&bench, tools)?;
    growth(&bench, &repository, tools)?;

    let worst = check.max(build);
    if worst > HIGHEST {
        println!("guarded tools take {worst:.2} times as long: more than {HIGHEST}");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The number behind a name on the command line.
fn argument(name: &str, default: usize) -> usize {
    let given = env::args().skip_while(|argument| argument != name).nth(1);
    given.and_then(|number| number.parse().ok()).unwrap_or(default)
}

fn workspace(repository: &Path) -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| repository.join("target")).join("compile-time")
}

/// Compiles both in turn, and answers how many times as long the guarded ones take.
fn compare(bench: &Bench, command: &str, rounds: usize) -> io::Result<f64> {
    for name in CRATES {
        bench.cargo(&[command, "--lib", "--package", name])?;
    }
    let mut seconds = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        // Neither is always the first.
        for index in [round % 2, 1 - round % 2] {
            seconds[index].push(bench.compile(CRATES[index], command)?);
        }
    }
    let [guarded, plain] = seconds.map(|mut seconds| median(&mut seconds));
    let ratio = guarded / plain;
    println!("cargo {command}: guarded {guarded:.2} s, plain {plain:.2} s, ratio {ratio:.2}");
    Ok(ratio)
}

/// Lines after expansion, functions and lines handed to LLVM, and the compiler's own times.
fn made_of(bench: &Bench, tools: usize) -> io::Result<()> {
    for name in CRATES {
        let expanded = bench.expanded_lines(name)?;
        let [lines, functions] = bench.llvm(name)?;
        println!(
            "{name}: per tool {} lines of expansion (derives included), {} functions and {} lines of LLVM IR",
            expanded / tools,
            functions / tools,
            lines / tools
        );
        for (pass, seconds) in bench.passes(name)? {
            println!("    {seconds:>7.3} s {pass}");
        }
    }
    Ok(())
}

/// What a tool adds to a stripped release binary.
fn growth(bench: &Bench, repository: &Path, tools: usize) -> io::Result<()> {
    let few = tools / 10;
    sources::write(&bench.workspace, repository, few)?;
    let small = bench.sizes()?;
    sources::write(&bench.workspace, repository, tools)?;
    let large = bench.sizes()?;
    for (name, (small, large)) in CRATES.iter().zip(small.into_iter().zip(large)) {
        let each = (large - small) / (tools - few) as u64;
        println!("{name}: {large} bytes of stripped release binary, {each} more for each tool");
    }
    Ok(())
}
