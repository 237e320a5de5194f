//! A deployment whose server dies and is started again, on one store.

use std::{
    os::unix::process::ExitStatusExt as _,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time::sleep};

use super::{backing::Backing, point::Point};
use crate::{
    answer::Answer,
    fixture::Fixture,
    server::{Options, Transport},
    wire::{Version, Wire},
};

/// How long a call is repeated that is told to wait.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(15);

/// How many servers start at once: as many as there are processors, so that the time that one takes
/// to recover is its own.
static STARTING: Semaphore = Semaphore::const_new(2);

/// What is wrong after a death.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An effect happened twice.
    Double(String),
    /// A record cannot be read.
    Corrupt(String),
    /// Anything else that is not as it must be.
    Wrong(String),
}

/// Servers one after the other, and perhaps one beside them that lives.
#[derive(Debug)]
pub struct Chain {
    fixture: Fixture,
    options: Options,
    version: Version,
    server: Wire,
    started: Instant,
    listened: Instant,
    survivor: Option<Wire>,
}

impl Chain {
    /// A new folder on this store, and a server in it.
    pub async fn open(backing: &Backing, transport: Transport, version: Version) -> Self {
        Self::open_looked_after(backing, transport, version, None).await
    }

    /// The same, with servers that look into unknown outcomes so often, if ever.
    pub async fn open_looked_after(
        backing: &Backing,
        transport: Transport,
        version: Version,
        look_after: Option<Duration>,
    ) -> Self {
        let fixture = Fixture::new();
        let options = Options {
            store: Some(backing.url(fixture.folder())),
            doomed: true,
            look_after,
            ..fixture.server(transport)
        };
        let (started, server) = start(&options, version).await;
        let listened = Instant::now();
        Self { fixture, options, version, server, started, listened, survivor: None }
    }

    /// Lets a second server work beside the ones that die.
    #[must_use]
    pub async fn with_survivor(self) -> Self {
        let (_, survivor) = start(&self.options, self.version).await;
        Self { survivor: Some(survivor), ..self }
    }

    /// The folder, and the ledgers in it.
    #[must_use]
    pub fn fixture(&self) -> &Fixture {
        &self.fixture
    }

    /// The URL of the store.
    #[must_use]
    pub fn store_url(&self) -> String {
        self.options.store_url()
    }

    /// The server that runs now.
    #[must_use]
    pub fn server(&self) -> &Wire {
        &self.server
    }

    /// Another server that runs now, or the same where there is none.
    #[must_use]
    pub fn another(&self) -> &Wire {
        self.survivor.as_ref().unwrap_or(&self.server)
    }

    /// When the server that runs now was started.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// How long it took until it listened.
    #[must_use]
    pub fn took_to_start(&self) -> Duration {
        self.listened.saturating_duration_since(self.started)
    }

    /// The number of the server's process, as it writes it into its own ledger.
    #[must_use]
    pub fn pid(&self) -> i64 {
        self.server.process().pid().as_raw_nonzero().get().into()
    }

    /// Starts the next server.
    pub async fn restart(&mut self) {
        (self.started, self.server) = start(&self.options, self.version).await;
        self.listened = Instant::now();
    }

    /// Tells the server where it dies. At [`Point::REPLIED`] it dies of nobody but the test; what an
    /// armed server does besides is to take the pauses that a call asks for.
    ///
    /// # Errors
    /// When it knows no such point.
    pub async fn arm(&self, point: Point) -> Result<(), Fault> {
        let armed = self.server.call("arm", json!({"point": point.to_string()})).await;
        if armed.envelope()["status"] == "ok" {
            return Ok(());
        }
        Err(Fault::Wrong(format!("it cannot be armed: {}", said(&armed))))
    }

    /// Lets the server die at a point of this call. The answer, where it came before the death.
    ///
    /// # Errors
    /// When the server lives, or dies of something else.
    pub async fn die(
        &self,
        point: Point,
        tool: &str,
        arguments: &Value,
    ) -> Result<Option<Answer>, Fault> {
        let answered = if point == Point::REPLIED {
            let answer = self.server.call(tool, arguments.clone()).await;
            self.server.process().kill().await;
            Some(answer)
        } else {
            self.arm(point).await?;
            self.call_to_death(point, tool, arguments).await?;
            None
        };
        let status = self.server.process().ended().await;
        if status.signal() != Some(Signal::KILL.as_raw()) {
            return Err(Fault::Wrong(format!("the server did not die at {point}: {status}")));
        }
        Ok(answered)
    }

    async fn call_to_death(
        &self,
        point: Point,
        tool: &str,
        arguments: &Value,
    ) -> Result<(), Fault> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let answer = self.server.call(tool, arguments.clone()).await;
            if answer.is_missing() {
                return Ok(());
            }
            if !may_be_repeated(&answer) || Instant::now() > give_up {
                return Err(Fault::Wrong(format!("it outlived {point}: {}", said(&answer))));
            }
            sleep(PAUSE).await;
        }
    }
}

/// Starts a server when it is its turn, and says since when it has been starting.
async fn start(options: &Options, version: Version) -> (Instant, Wire) {
    let _turn = STARTING.acquire().await.expect("it is never closed");
    let started = Instant::now();
    (started, Wire::open(options, version).await)
}

/// Calls until the answer is more than to wait and repeat the call.
///
/// # Errors
/// When that takes too long, the server goes away, or the record cannot be read.
pub async fn ask(wire: &Wire, tool: &str, arguments: &Value) -> Result<Answer, Fault> {
    ask_while(wire, tool, arguments, may_be_repeated).await
}

/// Calls for as long as the answers are such.
///
/// # Errors
/// As [`ask`].
pub async fn ask_while(
    wire: &Wire,
    tool: &str,
    arguments: &Value,
    such: impl Fn(&Answer) -> bool,
) -> Result<Answer, Fault> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let answer = wire.call(tool, arguments.clone()).await;
        if answer.is_missing() {
            return Err(Fault::Wrong("the server went away".into()));
        }
        if answer.envelope()["error"]["code"] == "record_unreadable" {
            return Err(Fault::Corrupt(answer.text));
        }
        if !such(&answer) {
            return Ok(answer);
        }
        if Instant::now() > give_up {
            return Err(Fault::Wrong(format!("it never came to an end: {}", said(&answer))));
        }
        sleep(PAUSE).await;
    }
}

/// Whether the same call is to be made again: it is told so, or it was so slow that its operation was
/// settled without it, and how that stands is for the next one to say.
#[must_use]
pub fn may_be_repeated(answer: &Answer) -> bool {
    let error = &answer.envelope()["error"];
    error["retryable"] == true || error["code"] == "superseded"
}

/// What an answer says, in short.
#[must_use]
pub fn said(answer: &Answer) -> String {
    let envelope = answer.envelope();
    let replayed = if answer.is_replay() { "replayed " } else { "" };
    match envelope["error"]["code"].as_str() {
        Some(code) => format!("{replayed}{code}"),
        None => format!("{replayed}{}", envelope["result"]),
    }
}
