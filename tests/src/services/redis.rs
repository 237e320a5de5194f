//! A private Redis server.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::missing;

/// What keeps every acknowledged write.
const DURABLE: [(&str, &str); 4] = [
    ("save", ""),
    ("appendonly", "yes"),
    ("appendfsync", "always"),
    ("maxmemory-policy", "noeviction"),
];

/// How long a server may take to come up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a free port of the loopback interface, in a folder of its own. It ends when this is
/// dropped.
#[derive(Debug)]
pub struct Redis {
    folder: TempDir,
    port: u16,
    tls_port: Option<u16>,
    settings: Vec<(String, String)>,
    process: Option<Child>,
}

impl Redis {
    /// A server that keeps every acknowledged write, or `None` where Redis is not installed.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// A server with other settings: the words behind each name stand apart by one space.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start_with(settings: &[(&str, &str)]) -> Option<Self> {
        installed("redis-server").then(|| Self::run(settings, false))
    }

    /// A server that speaks TLS as well, with a certificate of [`Redis::authority`] for
    /// `localhost`.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start_with_tls() -> Option<Self> {
        (installed("redis-server") && installed("openssl")).then(|| Self::run(&[], true))
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Where it is, over TLS.
    ///
    /// # Panics
    /// Where it was started without.
    #[must_use]
    pub fn tls_url(&self) -> String {
        format!("rediss://localhost:{}", self.tls_port.expect("started with TLS"))
    }

    /// The certificate that the server's is verified against, as PEM.
    ///
    /// # Panics
    /// Where it was started without TLS.
    #[must_use]
    pub fn authority(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("authority.crt")).expect("started with TLS")
    }

    /// Where it keeps its files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it at once, as a crash does.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("a process of ours");
            process.wait().expect("it ends");
        }
    }

    /// Ends it in good order.
    ///
    /// # Panics
    /// When it does not end.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            self.send(&["SHUTDOWN", "NOSAVE"]);
            process.wait().expect("it ends");
        }
    }

    /// Stops its process in the middle of whatever it does: it stays connected and answers nothing.
    ///
    /// # Panics
    /// When it does not run.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen process go on.
    ///
    /// # Panics
    /// When it does not run.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Starts it again on the same port and folder. A server that runs is stopped before.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart(&mut self) {
        self.stop();
        assert!(self.come_up(), "redis-server does not come up again: {}", self.log());
    }

    /// Sends a command, and gives back the answer as redis-cli writes it.
    ///
    /// # Panics
    /// Without redis-cli.
    #[expect(clippy::must_use_candidate, reason = "some commands are sent for what they do")]
    pub fn send(&self, command: &[&str]) -> String {
        let answer = Command::new("redis-cli")
            .args(["-p", &self.port.to_string()])
            .args(command)
            .output()
            .expect("redis-cli comes with redis-server");
        String::from_utf8_lossy(&answer.stdout).into_owned()
    }

    fn signal(&self, signal: &str) {
        let id = self.process.as_ref().expect("it runs").id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().expect("a signal");
        assert!(sent.success(), "kill {signal} {id}");
    }

    fn run(settings: &[(&str, &str)], tls: bool) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        if tls {
            certify(folder.path());
        }
        let settings = DURABLE.iter().chain(settings);
        let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut server =
            Self { folder, port: 0, tls_port: None, settings: settings.collect(), process: None };
        // Between the choice of a port and its use, somebody else may take it.
        for _ in 0..5 {
            server.port = free_port();
            server.tls_port = tls.then(free_port);
            if server.come_up() {
                return server;
            }
        }
        panic!("redis-server does not come up: {}", server.log());
    }

    /// Whether it answers in time. If it has ended, it never will.
    fn come_up(&mut self) -> bool {
        let log = fs::File::create(self.log_path()).expect("a log");
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .arg("--dir")
            .arg(self.folder.path())
            .args(self.tls_settings())
            .args(self.arguments())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        self.process = Some(process);
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            // Another test's server may have taken the port, and answer for this one.
            if self.listens() && answers(self.port) {
                return true;
            }
            if self.process.as_mut().is_none_or(has_ended) {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.kill();
        false
    }

    /// Whether it says itself that it does.
    fn listens(&self) -> bool {
        self.log().contains("Ready to accept connections")
    }

    fn arguments(&self) -> Vec<String> {
        let line = |(name, value): &(String, String)| {
            let words = value.split(' ').map(str::to_owned);
            [format!("--{name}")].into_iter().chain(words).collect::<Vec<_>>()
        };
        self.settings.iter().flat_map(line).collect()
    }

    fn tls_settings(&self) -> Vec<String> {
        let Some(port) = self.tls_port else { return Vec::new() };
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let (port, authority) = (port.to_string(), path("authority.crt"));
        let settings = [
            ("--tls-port", port),
            ("--tls-cert-file", path("server.crt")),
            ("--tls-key-file", path("server.key")),
            ("--tls-ca-cert-file", authority),
            ("--tls-auth-clients", "no".to_owned()),
        ];
        settings.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn has_ended(process: &mut Child) -> bool {
    process.try_wait().expect("a process of ours").is_some()
}

fn installed(program: &str) -> bool {
    let found = Command::new(program)
        .arg(if program == "openssl" { "version" } else { "--version" })
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        missing(program, program);
    }
    found
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Whether the server has read its files and answers.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut answer = [0; 5];
    stream.set_read_timeout(Some(Duration::from_secs(1))).is_ok()
        && stream.write_all(b"PING\r\n").is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && [*b"+PONG", *b"-NOAU"].contains(&answer)
}

/// Makes an authority, and a server's certificate of it.
fn certify(folder: &Path) {
    openssl(
        folder,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
         -keyout authority.key -out authority.crt",
    );
    openssl(
        folder,
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
         -keyout server.key -out server.csr",
    );
    let extensions = "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n";
    fs::write(folder.join("extensions"), extensions).expect("a file");
    openssl(
        folder,
        "x509 -req -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 2 \
         -extfile extensions -out server.crt",
    );
}

fn openssl(folder: &Path, arguments: &str) {
    let made = Command::new("openssl")
        .current_dir(folder)
        .args(arguments.split_ascii_whitespace())
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
