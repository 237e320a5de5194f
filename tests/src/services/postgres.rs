//! A private PostgreSQL server.

mod certificate;

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

pub use certificate::Certificate;
use tempfile::TempDir;

use super::missing;

/// The role that owns everything, and its database.
const ADMIN: &str = "postgres";
/// How long a server may take to come up or to go down.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a free port of the loopback interface, in a folder of its own. It ends when this is
/// dropped, or with the thread that started it.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    settings: Vec<String>,
    process: Option<Child>,
}

impl Postgres {
    /// A server with its own defaults, `fsync` among them, or `None` where PostgreSQL is not
    /// installed.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// A server with other settings.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start_with(settings: &[(&str, &str)]) -> Option<Self> {
        let mut server = Self::install()?;
        server.settings = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        server.come_up();
        Some(server)
    }

    /// A server that speaks TLS with this certificate, and nothing else.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start_with_tls(certificate: &Certificate) -> Option<Self> {
        let mut server = Self::install()?;
        let place = |name: &str, text: &str| {
            let path = server.folder.path().join(name);
            fs::write(&path, text).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
            give_away(&path);
            path
        };
        let certificate_file = place("server.crt", certificate.chain());
        let key_file = place("server.key", certificate.key());
        place("data/pg_hba.conf", "local all all trust\nhostssl all all 127.0.0.1/32 trust\n");
        server.settings = vec![
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", certificate_file.display()),
            format!("ssl_key_file={}", key_file.display()),
        ];
        server.come_up();
        Some(server)
    }

    /// Where it is, as the role that owns everything.
    #[must_use]
    pub fn url(&self) -> String {
        Self::url_at(self.port)
    }

    /// Where it is, when it is reached through another port.
    #[must_use]
    pub fn url_at(port: u16) -> String {
        format!("postgres://{ADMIN}@127.0.0.1:{port}/{ADMIN}")
    }

    /// Where it is, as another role.
    #[must_use]
    pub fn url_as(&self, role: &str, password: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/{ADMIN}", self.port)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs SQL and gives its rows back, a line each, columns separated by `|`.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn sql(&self, text: &str) -> String {
        self.sql_in(ADMIN, text)
    }

    /// Runs SQL in another of its databases.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn sql_in(&self, database: &str, text: &str) -> String {
        self.client("psql", &["-d", database, "-X", "-At", "-v", "ON_ERROR_STOP=1", "-c", text])
    }

    /// Everything that it keeps, as text.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn dump(&self) -> String {
        self.dump_of(ADMIN)
    }

    /// Everything that it keeps in one database, as text.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn dump_of(&self, database: &str) -> String {
        self.client("pg_dump", &["--inserts", "-d", database])
    }

    /// Ends every client's connection, in the middle of whatever it does.
    pub fn kill_backends(&self) {
        let killed = self.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        );
        drop(killed);
    }

    /// Shuts it down in order and starts it again, on the same port.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart(&mut self) {
        self.stop("INT");
        self.come_back();
    }

    /// Stops it as a crash does: what it has not written is lost.
    pub fn stop_immediately(&mut self) {
        self.stop("QUIT");
    }

    /// Starts it again, on the same port, after it was stopped.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn come_back(&mut self) {
        self.launch();
        assert!(self.is_up(), "PostgreSQL does not come back: {}", self.log());
    }

    /// A folder with an empty cluster in it.
    fn install() -> Option<Self> {
        let Some(programs) = programs() else {
            missing("postgres", "postgresql");
            return None;
        };
        let folder =
            tempfile::Builder::new().prefix("guard-postgres-").tempdir().expect("a folder");
        give_away(folder.path());
        let made = as_server(&programs.join("initdb"))
            .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"])
            .arg(format!("--username={ADMIN}"))
            .arg("-D")
            .arg(folder.path().join("data"))
            .current_dir(folder.path())
            .output()
            .expect("initdb");
        assert!(made.status.success(), "initdb: {}", said(&made));
        Some(Self { programs, folder, port: 0, settings: Vec::new(), process: None })
    }

    /// Starts it on a free port. Somebody else may take the port in the meantime.
    fn come_up(&mut self) {
        for _ in 0..5 {
            self.port = free_port();
            self.launch();
            if self.is_up() {
                return;
            }
            self.stop("QUIT");
        }
        panic!("PostgreSQL does not come up: {}", self.log());
    }

    fn launch(&mut self) {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("a log");
        let mut command = as_server(&self.programs.join("postgres"));
        command
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .arg("-k")
            .arg(self.folder.path())
            .args(["-c", "shared_buffers=16MB"])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        self.process = Some(command.spawn().expect("postgres"));
    }

    /// Waits until it answers. False: it gave up.
    fn is_up(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let ended = self.process.as_mut().and_then(|process| process.try_wait().ok().flatten());
            if ended.is_some() {
                return false;
            }
            let ready = Command::new(self.programs.join("pg_isready"))
                .arg("-h")
                .arg(self.folder.path())
                .args(["-p", &self.port.to_string(), "-q"])
                .status();
            if ready.is_ok_and(|status| status.success()) {
                return true;
            }
            sleep(Duration::from_millis(20));
        }
        false
    }

    fn stop(&mut self, signal: &str) {
        let Some(mut process) = self.process.take() else { return };
        let pid = process.id().to_string();
        drop(Command::new("kill").arg(format!("-{signal}")).arg(pid).status());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if matches!(process.try_wait(), Ok(Some(_))) {
                return;
            }
            sleep(Duration::from_millis(10));
        }
        drop(process.kill());
        drop(process.wait());
    }

    /// Runs a client program. It connects by the socket, so that TLS is not its concern.
    fn client(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(self.programs.join(program))
            .arg("-h")
            .arg(self.folder.path())
            .args(["-p", &self.port.to_string(), "-U", ADMIN, "-d", ADMIN])
            .args(arguments)
            .output()
            .expect("a client program");
        assert!(output.status.success(), "{program} {arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop("QUIT");
    }
}

/// Where the server's programs are: Debian keeps each version's in a folder of its own.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = folders.into_iter().rev().chain(std::env::split_paths(&path));
    all.find(|folder| folder.join("postgres").is_file() && folder.join("initdb").is_file())
}

/// A program of the server's. It refuses to run as root, so root runs it as `postgres`. It ends with
/// the thread that starts it.
fn as_server(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.args(["--pdeathsig", "QUIT", "--"]).arg(program);
    command
}

fn give_away(path: &Path) {
    if is_root() {
        chown(path, Some(id("-u", "postgres")), Some(id("-g", "postgres"))).expect("to give away");
    }
}

fn is_root() -> bool {
    id("-u", "") == 0
}

fn id(what: &str, of: &str) -> u32 {
    let output =
        Command::new("id").arg(what).args((!of.is_empty()).then_some(of)).output().expect("id");
    said(&output).trim().parse().expect("a number")
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("its address").port()
}
