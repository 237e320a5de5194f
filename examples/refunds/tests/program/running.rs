//! Programs that run beside the test.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use rusqlite::Connection;

use crate::start::refunds;

/// A program that runs until this is dropped.
pub(crate) struct Running(Child);

impl Running {
    /// Starts it, and reads the address that it says first.
    pub(crate) fn start(command: &mut Command, log: &Path) -> (Self, String) {
        let log = File::options().create(true).append(true).open(log).expect("a log");
        let mut child =
            command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("an output");
        BufReader::new(stdout).read_line(&mut address).expect("a line");
        (Self(child), address.trim().to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An issuer, and a server that takes its tokens, with play money.
pub(crate) struct Town {
    pub(crate) issuer: String,
    pub(crate) url: String,
    _running: [Running; 2],
}

impl Town {
    /// Starts both, with these variables. They log to `log` in the folder.
    pub(crate) fn build(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let log = folder.join("log");
        let start = |words: &[&str]| {
            let mut command = refunds(folder);
            command.args(words).args(["--listen", "127.0.0.1:0"]).envs(variables.iter().copied());
            Running::start(&mut command, &log)
        };
        let (first, issuer) = start(&["issuer"]);
        let (second, url) = start(&["http", "--issuer", &issuer]);
        Self { issuer, url, _running: [first, second] }
    }
}

/// The amounts that were paid, as the ledger has them.
pub(crate) fn refunds_made(folder: &Path) -> Vec<i64> {
    let ledger = Connection::open(folder.join("store").join("payments.db")).expect("a ledger");
    let mut query = ledger.prepare("SELECT amount_cents FROM refunds").expect("its table");
    let rows = query.query_map([], |row| row.get(0)).expect("its rows");
    rows.collect::<Result<_, _>>().expect("amounts")
}
