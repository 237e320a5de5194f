//! Serving: standard input and output, and Streamable HTTP. A server that is asked to stop takes no
//! more calls, and ends when none is under way.

use std::time::Duration;

use rmcp::ServerHandler;
use tokio_util::sync::CancellationToken;

use crate::{error::Error, guard::Guard};

#[cfg(feature = "http")]
pub(crate) mod admission;
#[cfg(feature = "http")]
mod connections;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod listen;
#[cfg(feature = "http")]
mod proxies;
#[cfg(feature = "http")]
pub use http::Http;
#[cfg(feature = "http")]
pub use proxies::Proxies;

impl Guard {
    /// Serves MCP on standard input and output until the input ends, or the process is asked to end
    /// (SIGTERM, Ctrl-C).
    ///
    /// Calls that are under way then are carried to their end: their outcome is recorded, and
    /// answered if the client still listens. Log to standard error only.
    ///
    /// # Errors
    /// When the session cannot be opened.
    pub async fn serve_stdio(self) -> Result<(), Error> {
        let server = self.clone();
        self.serve_stdio_with(server).await
    }

    /// Serves a server of your own that has this guard's [`routes`](Guard::routes) in the same way:
    /// with the raw checks in front, and to the end of every guarded call.
    ///
    /// # Errors
    /// When the session cannot be opened.
    pub async fn serve_stdio_with<S: ServerHandler>(self, server: S) -> Result<(), Error> {
        if self.core().identity().is_none() {
            tracing::warn!(
                "nobody is identified, so every call will be denied: add \
                 `.identity(Caller::from_env()?)` to the guard"
            );
        }
        self.watch();
        self.serve_on_stdio(server, stop_signal()?).await
    }
}

/// How long a message that was just handed on may take to become a call that is counted.
const HAND_OVER: Duration = Duration::from_millis(100);
/// How long a server that was asked to stop waits for clients after its last call: those who read
/// take their answers in that time, those who do not would keep it for ever.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

impl Guard {
    /// Waits until no guarded call is under way, and no outcome is left to be recorded. For a server of
    /// your own whose transport is not the guard's: await it when the server takes no more requests, and
    /// before the process ends.
    ///
    /// The end of the last connection is not that of the last call: a call goes on when its client hangs
    /// up, and where the store did not take an outcome, writing it goes on in the background, for a
    /// minute and a half and as long as the store takes to fail meanwhile. What is cut off is found as
    /// `unknown` later. [`serve_stdio`](Guard::serve_stdio) and
    /// [`serve_http`](Guard::serve_http) wait by themselves.
    pub async fn drained(&self) {
        tokio::time::sleep(HAND_OVER).await;
        self.core().drained().await;
    }

    /// Ends when the server was asked to stop, no call is under way any more, and clients had their
    /// time.
    pub(crate) async fn gives_up(&self, stop: &CancellationToken) {
        stop.cancelled().await;
        loop {
            self.drained().await;
            tokio::time::sleep(LAST_ANSWERS).await;
            // What a client finished sending meanwhile may have become a call.
            if self.core().is_idle() {
                return;
            }
        }
    }
}

/// Is cancelled when the process is asked to end.
fn stop_signal() -> Result<CancellationToken, Error> {
    let stop = CancellationToken::new();
    let asked = stop.clone();
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        drop(tokio::signal::ctrl_c().await);
        tracing::info!("asked to stop: no more calls are taken");
        asked.cancel();
    });
    Ok(stop)
}
