//! A folder with a store and ledgers, and server processes that work in it.

use std::{
    env,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tempfile::TempDir;
use tokio::{
    io::AsyncReadExt,
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex as AsyncMutex,
    time::timeout,
};

use crate::{
    ledger::Ledger,
    server::{Options, Transport},
};

/// What one test works in. It is removed when the test ends.
#[derive(Debug)]
pub struct Fixture {
    folder: TempDir,
}

impl Fixture {
    /// An empty folder.
    ///
    /// # Panics
    /// When there is no room for one.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        Self { folder: TempDir::with_prefix("guard-").expect("a temporary folder") }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What was done.
    #[must_use]
    pub fn effects(&self) -> Ledger {
        Ledger::at(self.folder.path().join("effects.jsonl"))
    }

    /// Which bodies began, of the tools that say so.
    #[must_use]
    pub fn attempts(&self) -> Ledger {
        Ledger::at(self.folder.path().join("attempts.jsonl"))
    }

    /// A server in this folder, for a caller with every scope.
    #[must_use]
    pub fn server(&self, transport: Transport) -> Options {
        self.server_for(transport, &["refunds", "orders"])
    }

    /// A server in this folder, for a caller with these scopes.
    #[must_use]
    pub fn server_for(&self, transport: Transport, scopes: &[&str]) -> Options {
        let scopes = scopes.iter().map(ToString::to_string).collect();
        Options { scopes, ..Options::new(transport, self.folder.path()) }
    }
}

/// The fixture's executable: the one that cargo builds beside a test, or, of a program that is none,
/// the program itself, which serves when it is [told to](crate::server::program).
///
/// # Panics
/// When the operating system does not say what is running.
#[must_use]
pub fn executable() -> PathBuf {
    let own = env::current_exe().expect("this program's own path");
    let deps = own.parent().filter(|folder| folder.ends_with("deps"));
    match deps.and_then(Path::parent) {
        Some(folder) => folder.join("guard-fixture").with_extension(env::consts::EXE_EXTENSION),
        None => own,
    }
}

/// A running server. It ends with this value.
#[derive(Debug)]
pub struct Process {
    child: AsyncMutex<Child>,
    id: u32,
    log: Arc<Mutex<String>>,
}

impl Process {
    /// Starts a server, and hands out the two ends of its pipes.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(options: &Options) -> (Self, ChildStdin, ChildStdout) {
        let mut child = Command::new(executable())
            .args(options.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the fixture starts");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = child.stdout.take().expect("a pipe");
        let mut stderr = child.stderr.take().expect("a pipe");
        let log = Arc::new(Mutex::new(String::new()));
        let copy = Arc::clone(&log);
        tokio::spawn(async move {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut chunk).await {
                copy.lock().expect("a log").push_str(&String::from_utf8_lossy(&chunk[..length]));
            }
        });
        let id = child.id().expect("a running process");
        (Self { child: AsyncMutex::new(child), id, log }, stdin, stdout)
    }

    /// What the server has logged so far.
    ///
    /// # Panics
    /// Never, in a test that has not panicked already.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().expect("a log").clone()
    }

    /// Ends the server as a power failure would, and waits until it is gone.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub async fn kill(&self) {
        self.child.lock().await.kill().await.expect("a process that can be killed");
    }

    /// Asks the server to end.
    ///
    /// # Panics
    /// When it has gone already.
    pub fn terminate(&self) {
        self.send(Signal::TERM);
    }

    /// Stops the server where it stands, until it is [resumed](Self::resume).
    ///
    /// # Panics
    /// When it has gone already.
    pub fn pause(&self) {
        self.send(Signal::STOP);
    }

    /// Lets a paused server go on.
    ///
    /// # Panics
    /// When it has gone already.
    pub fn resume(&self) {
        self.send(Signal::CONT);
    }

    /// Lets no file of the server's grow beyond so many bytes, as a full disk does; `None`: any file.
    ///
    /// # Panics
    /// When it has gone already.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(self.pid()), Resource::Fsize, limit).expect("a process that runs");
    }

    fn send(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a process that runs");
    }

    /// Its number.
    ///
    /// # Panics
    /// Never: the kernel counts from 1.
    #[must_use]
    pub fn pid(&self) -> Pid {
        i32::try_from(self.id).ok().and_then(Pid::from_raw).expect("a process's number")
    }

    /// Waits until the server has ended by itself.
    ///
    /// # Panics
    /// When it does not within twenty seconds.
    pub async fn ended(&self) -> ExitStatus {
        let patience = Duration::from_secs(20);
        let ended = timeout(patience, async { self.child.lock().await.wait().await }).await;
        ended.unwrap_or_else(|_| panic!("the server never ended: {}", self.log())).expect("waited")
    }
}
