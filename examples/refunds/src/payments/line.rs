//! The service's side of a connection: a port that can be closed, and a line that can be cut.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    time::sleep,
};

/// How long to wait before asking the system again for what it just refused.
const PAUSE: Duration = Duration::from_millis(20);

/// A listening port that can be closed and opened again.
pub(super) struct Door {
    listener: Option<TcpListener>,
    address: SocketAddr,
    orders: mpsc::Receiver<Closing>,
}

/// Closes a [`Door`].
#[derive(Clone)]
pub(super) struct Doorkeeper(mpsc::Sender<Closing>);

struct Closing {
    how_long: Duration,
    closed: oneshot::Sender<()>,
}

impl Door {
    /// Listens on `address`; port 0 takes a free one.
    pub(super) async fn open(address: SocketAddr) -> io::Result<(Self, Doorkeeper)> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (give, orders) = mpsc::channel(1);
        Ok((Self { listener: Some(listener), address, orders }, Doorkeeper(give)))
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    async fn close(&mut self, order: Closing) {
        self.listener = None;
        // Whoever asked may have gone.
        let _ = order.closed.send(());
        sleep(order.how_long).await;
    }
}

/// The listener, opened again if it was closed.
async fn reopened(listener: &mut Option<TcpListener>, address: SocketAddr) -> &TcpListener {
    loop {
        if listener.is_none() {
            match TcpListener::bind(address).await {
                Ok(bound) => *listener = Some(bound),
                Err(error) => {
                    tracing::warn!(%error, %address, "the port cannot be opened again");
                    sleep(PAUSE).await;
                }
            }
        }
        if let Some(open) = listener {
            return open;
        }
    }
}

impl Doorkeeper {
    /// Closes the port for so long. Returns when it is closed.
    pub(super) async fn close(&self, how_long: Duration) {
        let (closed, wait) = oneshot::channel();
        if self.0.send(Closing { how_long, closed }).await.is_ok() {
            let _ = wait.await;
        }
    }
}

impl Listener for Door {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            let listener = reopened(&mut self.listener, self.address).await;
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => return (Line::new(stream), peer),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        sleep(PAUSE).await;
                    }
                },
                Some(order) = self.orders.recv() => self.close(order).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// One accepted connection.
pub(super) struct Line {
    stream: TcpStream,
    cut: Cut,
}

/// Cuts a [`Line`]: nothing more is written to it, and it closes.
#[derive(Clone, Default)]
pub(super) struct Cut(Arc<AtomicBool>);

impl Cut {
    /// Loses whatever would be written from now on.
    pub(super) fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Line {
    fn new(stream: TcpStream) -> Self {
        // Small answers; without it each would wait for the other side's delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        Self { stream, cut: Cut::default() }
    }
}

impl Connected<IncomingStream<'_, Door>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().cut.clone()
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cut.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
