//! The connection: one for all calls, made anew when it breaks, with a time limit on everything.

use std::{
    future::Future,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, PushInfo, PushKind, RedisResult, ServerErrorKind,
    Value,
    aio::{MultiplexedConnection, SendError},
};
use tokio::{
    sync::{Mutex, Semaphore},
    time::{Instant, timeout_at},
};

use super::{
    call::{Call, Common, NEVER},
    error::{is_broken, replaced, told, unavailable},
    script,
    server::Facts,
};
use crate::{clock::Clock, store::StoreError};

/// The version of what the scripts keep.
const VERSION: u32 = 1;

/// A call that was given up earlier says nothing about its connection.
const LONG: Duration = Duration::from_millis(250);

/// The way to the server.
pub(super) struct Link {
    client: Client,
    terms: Terms,
    live: Mutex<Option<Live>>,
    in_flight: Semaphore,
    /// Which store this process knows, once it has found or made one.
    identity: OnceLock<String>,
}

/// What was agreed on with whoever opened the store.
pub(super) struct Terms {
    /// What all keys begin with.
    pub(super) prefix: String,
    /// Instead of the server's clock.
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) require_durable: bool,
    pub(super) connect_timeout: Duration,
    pub(super) operation_timeout: Duration,
    pub(super) max_in_flight: usize,
}

/// A connection, until it is known to be broken.
#[derive(Clone)]
struct Live {
    connection: MultiplexedConnection,
    broken: Arc<AtomicBool>,
}

/// That a connection is broken, as long as a call waits on it. Whoever stops waiting without an
/// answer, here or further up, leaves it broken, so that nobody else waits behind a server that is
/// gone without a word.
struct Suspicion<'a> {
    live: &'a Live,
    since: Instant,
    long: Duration,
    answered: bool,
}

impl Link {
    /// Connects, and finds or makes the store.
    pub(super) async fn open(client: Client, terms: Terms) -> Result<Self, StoreError> {
        let in_flight = Semaphore::new(terms.max_in_flight);
        let link =
            Self { client, terms, live: Mutex::default(), in_flight, identity: OnceLock::new() };
        let deadline = Instant::now() + link.terms.connect_timeout + link.terms.operation_timeout;
        within(deadline, link.live()).await??;
        Ok(link)
    }

    /// Runs a script. It is sent once: whether a call whose answer was lost is repeated is for the
    /// caller to say.
    pub(super) async fn run(&self, call: &Call) -> Result<Value, StoreError> {
        let time = self.time()?;
        let deadline = Instant::now() + self.terms.operation_timeout;
        let turn = within(deadline, self.in_flight.acquire()).await?;
        let _turn = turn.map_err(|closed| unavailable(closed.to_string()))?;
        let live = within(deadline, self.live()).await??;
        let identity = self.identity.get().map(String::as_str).unwrap_or_default();
        let common = Common { prefix: &self.terms.prefix, time: &time, identity };
        let long = LONG.min(self.terms.operation_timeout / 2);
        let suspicion = Suspicion { live: &live, since: Instant::now(), long, answered: false };
        let answer = within(deadline, live.eval(call, &common)).await?;
        suspicion.confirm(answer.as_ref().is_err_and(is_broken));
        answer.map_err(|error| told(&error))
    }

    fn time(&self) -> Result<String, StoreError> {
        let Some(clock) = &self.terms.clock else { return Ok(String::new()) };
        let now = clock.now().ok_or(StoreError::NoClock)?;
        Ok(now.as_millis().min(NEVER.cast_signed() - 1).to_string())
    }

    /// The connection, made anew if it is broken. One is made at a time.
    async fn live(&self) -> Result<Live, StoreError> {
        let mut live = self.live.lock().await;
        if let Some(live) = live.as_ref().filter(|live| !live.broken.load(Ordering::Acquire)) {
            return Ok(live.clone());
        }
        let made = self.connect().await?;
        *live = Some(made.clone());
        Ok(made)
    }

    async fn connect(&self) -> Result<Live, StoreError> {
        let broken = Arc::new(AtomicBool::new(false));
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.terms.connect_timeout))
            .set_response_timeout(Some(self.terms.operation_timeout))
            .set_push_sender(hang_up(Arc::clone(&broken)));
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|error| told(&error))?;
        // Another server may answer than the last time.
        let facts = Facts::ask(&mut connection).await.map_err(|error| told(&error))?;
        let doubts = facts.judge(self.terms.require_durable)?;
        self.recognise(&mut connection).await?;
        if !doubts.is_empty() {
            tracing::warn!(doubts = doubts.join("; "), "what this store cannot promise");
        }
        Ok(Live { connection, broken })
    }

    /// Makes sure that the store is the one that is known; the first time, finds or makes one.
    async fn recognise(&self, connection: &mut MultiplexedConnection) -> Result<(), StoreError> {
        let proposal = match self.identity.get() {
            Some(_) => String::new(),
            None => format!("{VERSION} {}", uuid::Uuid::new_v4()),
        };
        let found: Option<String> = redis::cmd("EVAL")
            .arg(script::OPEN.source())
            .arg(1)
            .arg(format!("{}store", self.terms.prefix))
            .arg(proposal)
            .query_async(connection)
            .await
            .map_err(|error| told(&error))?;
        let found = found.ok_or_else(replaced)?;
        check_version(&found)?;
        if *self.identity.get_or_init(|| found.clone()) == found { Ok(()) } else { Err(replaced()) }
    }
}

impl Live {
    async fn eval(&self, call: &Call, common: &Common<'_>) -> RedisResult<Value> {
        let mut connection = self.connection.clone();
        let answer = call.by_hash(common).query_async(&mut connection).await;
        match answer {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                call.in_full(common).query_async(&mut connection).await
            }
            answer => answer,
        }
    }
}

impl Suspicion<'_> {
    fn confirm(mut self, broken: bool) {
        self.answered = true;
        if broken {
            self.live.broken.store(true, Ordering::Release);
        }
    }
}

impl Drop for Suspicion<'_> {
    fn drop(&mut self) {
        if !self.answered && self.since.elapsed() >= self.long {
            self.live.broken.store(true, Ordering::Release);
        }
    }
}

/// Marks a connection as broken as soon as the server hangs up, so that no call is lost on it.
fn hang_up(broken: Arc<AtomicBool>) -> impl Fn(PushInfo) -> Result<(), SendError> {
    move |push| {
        if push.kind == PushKind::Disconnection {
            broken.store(true, Ordering::Release);
        }
        Ok(())
    }
}

async fn within<T>(deadline: Instant, work: impl Future<Output = T>) -> Result<T, StoreError> {
    timeout_at(deadline, work).await.map_err(|_| unavailable("Redis did not answer in time".into()))
}

fn check_version(identity: &str) -> Result<(), StoreError> {
    let version = identity.split_once(' ').and_then(|(version, _)| version.parse::<u32>().ok());
    match version {
        Some(VERSION) => Ok(()),
        Some(newer) if newer > VERSION => Err(StoreError::Unusable(format!(
            "it is of version {newer}, and this mcp-guard knows version {VERSION}; use a newer one"
        ))),
        _ => Err(StoreError::Unusable(
            "what is under its prefix is not mcp-guard's; choose another prefix".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_version_is_used() {
        assert_eq!(check_version("1 an-identity"), Ok(()));
        for (found, word) in
            [("2 x", "newer"), ("0 x", "prefix"), ("hello", "prefix"), ("", "prefix")]
        {
            let Err(StoreError::Unusable(why)) = check_version(found) else {
                panic!("taken: {found}");
            };
            assert!(why.contains(word), "{why}");
        }
    }
}
