//! The listener of an HTTP server. `axum`'s own sets no time for the head of a request, and none for an
//! answer to be taken, so that connections which never send the one or take the other would stay.

use std::{io, io::Write as _, net::SocketAddr, pin::pin, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;

use super::{admission::Limits, connections::Connections};

/// How long to wait where the operating system gives no connection, for want of files.
const OUT_OF_FILES: Duration = Duration::from_secs(1);

/// Serves until `stop`, and then until every connection has ended, or the server `gives_up`: what is
/// open then is closed, so that nothing comes in any more. Whether all had ended.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    stop: &CancellationToken,
    gives_up: impl Future<Output = ()>,
) -> bool {
    let mut http = http1::Builder::new();
    let patience = limits.read_timeout;
    http.timer(TokioTimer::new()).header_read_timeout(patience);
    let places = Connections::new(limits);
    let mut open = JoinSet::new();
    while let Some((stream, peer)) = accept(&listener, stop).await {
        while open.try_join_next().is_some() {}
        let Some(place) = places.place(peer.ip()) else {
            turn_away(stream);
            continue;
        };
        let router = router.clone().layer(Extension(ConnectInfo(peer)));
        let (http, stop) = (http.clone(), stop.clone());
        open.spawn(async move {
            serve_one(&http, impatient(stream, patience), router, &stop).await;
            drop(place);
        });
    }
    drop(listener);
    let all_ended = tokio::select! {
        () = async { while open.join_next().await.is_some() {} } => true,
        () = gives_up => false,
    };
    open.shutdown().await;
    all_ended
}

/// The next connection; `None` when no more are taken.
async fn accept(
    listener: &TcpListener,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let error = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => return Some(accepted),
                Err(error) => error,
            },
            () = stop.cancelled() => return None,
        };
        if !is_of_the_connection(&error) {
            tracing::error!(%error, "no connection can be taken");
            sleep(OUT_OF_FILES).await;
        }
    }
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind;
    let kinds =
        [ErrorKind::ConnectionRefused, ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset];
    kinds.contains(&error.kind())
}

/// A connection that fails where the client takes nothing of what waits to be written for so long. An
/// answer of which nothing waits, as a stream that is idle, may take any time.
fn impatient(stream: TcpStream, patience: Duration) -> TimeoutWriter<TcpStream> {
    // Without it a small answer waits for the acknowledgement of its header: 40 ms a call.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(patience));
    stream
}

async fn serve_one(
    http: &http1::Builder,
    stream: TimeoutWriter<TcpStream>,
    router: Router,
    stop: &CancellationToken,
) {
    let stream = pin!(stream);
    let service = TowerToHyperService::new(router);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Says so without waiting for anything: there is no place to wait in.
fn turn_away(stream: TcpStream) {
    const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\
        Content-Length: 0\r\nConnection: close\r\n\r\n";
    let told = stream.into_std().and_then(|mut stream| stream.write_all(FULL));
    if let Err(error) = told {
        tracing::debug!(%error, "a connection was turned away without a word");
    }
}
