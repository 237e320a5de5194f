//! Cargo and the compiler, asked and timed.

use std::{
    fs, io,
    path::PathBuf,
    process::{Command, Output},
    time::Instant,
};

use super::sources::CRATES;

/// Passes of the compiler that add up to most of its time.
const PASSES: [&str; 5] = [
    "macro_expand_crate",
    "type_check_crate",
    "MIR_borrow_checking",
    "codegen_crate",
    "LLVM_passes",
];

/// A workspace with the two crates.
pub(crate) struct Bench {
    /// Its folder.
    pub(crate) workspace: PathBuf,
}

impl Bench {
    /// Runs cargo in the workspace, and requires that it succeeds.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> io::Result<Output> {
        let output = Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(&self.workspace)
            .env("CARGO_TARGET_DIR", self.target())
            .env("CARGO_INCREMENTAL", "0")
            // Of the compiler's unstable flags, those that print are used, and none that compiles.
            .env("RUSTC_BOOTSTRAP", "1")
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(format!("cargo {}:\n{said}", arguments.join(" "))));
        }
        Ok(output)
    }

    /// The seconds that compiling a crate anew takes.
    pub(crate) fn compile(&self, name: &str, command: &str) -> io::Result<f64> {
        self.touch(name)?;
        let (begun, used) = (Instant::now(), children_seconds());
        self.cargo(&[command, "--lib", "--package", name])?;
        // Elsewhere than on Linux, what the clock on the wall says.
        Ok(used
            .zip(children_seconds())
            .map_or_else(|| begun.elapsed().as_secs_f64(), |(before, after)| after - before))
    }

    /// How many lines the crate has when all macros are expanded.
    pub(crate) fn expanded_lines(&self, name: &str) -> io::Result<usize> {
        let output = self.rustc(name, &["-Zunpretty=expanded"])?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().count())
    }

    /// How many lines of LLVM IR the crate becomes, and how many functions.
    pub(crate) fn llvm(&self, name: &str) -> io::Result<[usize; 2]> {
        let file = self.target().join(format!("{name}.ll"));
        let emit = format!("--emit=llvm-ir={}", file.display());
        self.rustc(name, &[&emit, "-Ccodegen-units=1"])?;
        let text = fs::read_to_string(&file)?;
        let functions = text.lines().filter(|line| line.starts_with("define ")).count();
        Ok([text.lines().count(), functions])
    }

    /// How long the compiler says that its passes take.
    pub(crate) fn passes(&self, name: &str) -> io::Result<Vec<(&'static str, f64)>> {
        let output = self.rustc(name, &["-Ztime-passes"])?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let time = |pass: &str| {
            let line =
                said.lines().find(|line| line.split_whitespace().any(|word| word == pass))?;
            line.split("time:").nth(1)?.split(';').next()?.trim().parse().ok()
        };
        Ok(PASSES.into_iter().filter_map(|pass| Some((pass, time(pass)?))).collect())
    }

    /// The sizes of the two programs, for release.
    pub(crate) fn sizes(&self) -> io::Result<Vec<u64>> {
        self.cargo(&["build", "--release", "--bins"])?;
        let size = |name: &&str| fs::metadata(self.target().join("release").join(name));
        CRATES.iter().map(|name| Ok(size(name)?.len())).collect()
    }

    fn rustc(&self, name: &str, flags: &[&str]) -> io::Result<Output> {
        self.touch(name)?;
        let mut arguments = vec!["rustc", "--lib", "--package", name, "--"];
        arguments.extend(flags);
        self.cargo(&arguments)
    }

    fn touch(&self, name: &str) -> io::Result<()> {
        let file = self.workspace.join(name).join("src/lib.rs");
        let text = fs::read(&file)?;
        fs::write(&file, text)
    }

    fn target(&self) -> PathBuf {
        self.workspace.join("target")
    }
}

/// The middle one.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The processor's time that ended child processes took, with their own: `cutime` and `cstime` of proc(5), in
/// hundredths of a second.
fn children_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 =
        [13, 14].iter().filter_map(|field| fields.get(*field)?.parse::<f64>().ok()).sum();
    Some(ticks / 100.0)
}
