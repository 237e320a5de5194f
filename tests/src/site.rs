//! A deployment for one test: a folder, a store of one kind, and the servers and guards that share
//! them.

mod doubt;
mod hosts;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{
    fixture::Fixture,
    ledger::Ledger,
    moods::Moods,
    server::{
        Options, Transport,
        engine::{self, SCOPE, Settings, agent, token},
    },
    services::{postgres::Postgres, redis::Redis},
    wire::{Version, Wire},
};
pub use doubt::the_unknown;
use hosts::{Host, POSTGRES, REDIS};
use mcp_guard::{
    Caller, Guard, ManualClock, PostgresStore, RedisStore, SqliteStore, Timestamp,
    store::{self, Store},
};

/// The version of the protocol in which a connection costs nothing.
const VERSION: Version = Version::V2026July;

/// Runs each of these tests, `async fn(&Site)`, on every store.
#[macro_export]
macro_rules! on_every_store {
    ($($test:ident),* $(,)?) => {
        mod sqlite { $crate::on_every_store!(@ Sqlite $($test)*); }
        mod postgres { $crate::on_every_store!(@ Postgres $($test)*); }
        mod redis { $crate::on_every_store!(@ Redis $($test)*); }
    };
    (@ $kind:ident $($test:ident)*) => {
        $(
            #[tokio::test]
            async fn $test() {
                $crate::site::visit($crate::site::Kind::$kind, super::$test).await;
            }
        )*
    };
}

/// Runs each of these tests on every store that a body can take part in the transactions of.
#[macro_export]
macro_rules! on_every_store_with_transactions {
    ($($test:ident),* $(,)?) => {
        mod sqlite { $crate::on_every_store!(@ Sqlite $($test)*); }
        mod postgres { $crate::on_every_store!(@ Postgres $($test)*); }
    };
}

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A private server's database.
    Postgres,
    /// A private server's database.
    Redis,
}

/// Runs a test on a store of this kind. It is said loudly where its server is missing.
pub async fn visit(kind: Kind, test: impl AsyncFnOnce(&Site)) {
    if let Some(site) = Site::on(kind) {
        test(&site).await;
    }
}

/// What one test works in.
#[derive(Debug)]
pub struct Site {
    fixture: Fixture,
    place: Place,
}

/// Where the store is.
#[derive(Debug)]
enum Place {
    File(PathBuf),
    Postgres(Arc<Host<Postgres>>, String),
    Redis(Arc<Host<Redis>>, u32),
}

impl Site {
    fn on(kind: Kind) -> Option<Self> {
        let fixture = Fixture::new();
        let place = match kind {
            Kind::Sqlite => Place::File(fixture.folder().join("store.db")),
            Kind::Postgres => {
                let (server, number) = POSTGRES.take()?;
                let database = format!("site_{number}");
                let created = server.sql(&format!("CREATE DATABASE {database}"));
                assert_eq!(created, "CREATE DATABASE");
                Place::Postgres(server, database)
            }
            Kind::Redis => {
                let (server, number) = REDIS.take()?;
                Place::Redis(server, number)
            }
        };
        Some(Self { fixture, place })
    }

    /// The URL of the store.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.place {
            Place::File(path) => format!("sqlite:{}", path.display()),
            Place::Postgres(server, database) => {
                format!("postgres://postgres@127.0.0.1:{}/{database}", server.port())
            }
            Place::Redis(server, number) => format!("{}/{number}", server.url()),
        }
    }

    /// What was done.
    #[must_use]
    pub fn effects(&self) -> Ledger {
        self.fixture.effects()
    }

    /// Which bodies began.
    #[must_use]
    pub fn attempts(&self) -> Ledger {
        self.fixture.attempts()
    }

    /// How the backend behaves.
    #[must_use]
    pub fn moods(&self) -> Moods {
        Moods::at(self.fixture.folder())
    }

    /// Everything that the store has written, as bytes: a file as it is, a database as its own tool
    /// dumps it. It may hold more than this test's.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        match &self.place {
            Place::File(path) => files(path.parent().expect("a folder"), "store.db"),
            Place::Postgres(server, database) => unhexed(&server.dump_of(database)),
            Place::Redis(server, _) => files(&server.folder().join("appendonlydir"), ""),
        }
    }

    /// Starts a server in a process of its own, on HTTP.
    pub async fn serve(&self, settings: &Settings) -> Server {
        Server { wire: Wire::open(&self.options(Transport::Http, settings), VERSION).await }
    }

    /// Starts a server in a process of its own, on stdio, for the agent. It ends with the wire.
    pub async fn serve_agent(&self, settings: &Settings) -> Wire {
        Wire::open(&self.options(Transport::Stdio, settings), VERSION).await
    }

    fn options(&self, transport: Transport, settings: &Settings) -> Options {
        Options {
            store: Some(self.url()),
            scopes: vec![SCOPE.to_owned()],
            engine: Some(settings.clone()),
            ..Options::new(transport, self.fixture.folder())
        }
    }

    /// A guard in this process, beside the servers and on their clock.
    ///
    /// # Panics
    /// When there is none.
    pub async fn operator(&self, settings: &Settings) -> Guard {
        let store = store::open(&self.url()).await.expect("a store");
        self.guard(store, agent(), settings)
    }

    /// The store in this process, on a clock that stands still until it is moved. No server that runs
    /// beside it knows that time.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn bench(&self) -> Bench<'_> {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        let time: Arc<ManualClock> = Arc::clone(&clock);
        let url = self.url();
        let store: Arc<dyn Store> = match &self.place {
            Place::File(path) => {
                Arc::new(SqliteStore::open_with_clock(path, time).await.expect("a store"))
            }
            Place::Postgres(..) => {
                let options = PostgresStore::options(&url).clock(time);
                Arc::new(options.connect().await.expect("a store"))
            }
            Place::Redis(..) => {
                let options = RedisStore::options(url).clock(time);
                Arc::new(options.connect().await.expect("a store"))
            }
        };
        Bench { site: self, store, clock }
    }

    fn guard(&self, store: Arc<dyn Store>, caller: Caller, settings: &Settings) -> Guard {
        let builder = Guard::builder().identity(caller);
        let builder = engine::register(builder, self.fixture.folder(), store, settings);
        builder.build().expect("a guard")
    }
}

/// A server in a process of its own. It ends with this value.
#[derive(Debug)]
pub struct Server {
    wire: Wire,
}

impl Server {
    /// A connection for this caller.
    pub async fn caller(&self, caller: &Caller) -> Wire {
        self.bearer(&token(caller, 0)).await
    }

    /// A connection for whoever bears this token.
    pub async fn bearer(&self, token: &str) -> Wire {
        Wire::join(self.wire.url(), token, VERSION).await
    }

    /// Ends it as a power failure would.
    pub async fn kill(&self) {
        self.wire.process().kill().await;
    }
}

/// A store whose time a test moves, and guards on it.
pub struct Bench<'s> {
    site: &'s Site,
    /// The store.
    pub store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
}

impl Bench<'_> {
    /// A guard on the store, and its operator's.
    #[must_use]
    pub fn guard(&self, caller: Caller, settings: &Settings) -> Guard {
        self.site.guard(Arc::clone(&self.store), caller, settings)
    }

    /// A connection to a guard of its own, as the agent.
    pub async fn wire(&self, settings: &Settings) -> Wire {
        self.wire_for(agent(), settings).await
    }

    /// A connection to a guard of its own, for this caller.
    pub async fn wire_for(&self, caller: Caller, settings: &Settings) -> Wire {
        Wire::within(self.guard(caller, settings)).await
    }

    /// Moves the store's time on.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

/// What is in the files of a folder whose names begin so.
fn files(folder: &Path, prefix: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in fs::read_dir(folder).expect("a folder") {
        let file = file.expect("a file");
        if file.file_name().to_string_lossy().starts_with(prefix) {
            bytes.extend(fs::read(file.path()).expect("a file that can be read"));
        }
    }
    bytes
}

/// A dump, and behind it what its `\x…` literals stand for.
fn unhexed(dump: &str) -> Vec<u8> {
    let mut bytes = dump.as_bytes().to_vec();
    for literal in dump.split("\\x").skip(1) {
        let digits: Vec<_> = literal.chars().map_while(|digit| digit.to_digit(16)).collect();
        let pairs = digits.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]);
        bytes.extend(pairs.filter_map(|byte| u8::try_from(byte).ok()));
    }
    bytes
}
