//! Stands between a store and its server, and counts how often the store waited for an answer.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// A proxy on a port of its own.
pub(super) struct Proxy {
    port: u16,
    seen: Arc<Seen>,
}

/// The direction changes of a connection.
#[derive(Default)]
struct Seen {
    round_trips: AtomicUsize,
    asked: Mutex<bool>,
}

impl Seen {
    fn question(&self) {
        *self.asked.lock().expect("a lock") = true;
    }

    /// The first answer after a question ends a round trip.
    fn answer(&self) {
        if std::mem::take(&mut *self.asked.lock().expect("a lock")) {
            self.round_trips.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Proxy {
    pub(super) async fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server)).await.expect("the server");
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let (one, two) = (Arc::clone(&shared), Arc::clone(&shared));
                tokio::spawn(pump(from_client, to_server, move || one.question()));
                tokio::spawn(pump(from_server, to_client, move || two.answer()));
            }
        });
        Self { port, seen }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn reset(&self) {
        self.seen.round_trips.store(0, Ordering::SeqCst);
    }

    pub(super) fn round_trips(&self) -> usize {
        self.seen.round_trips.load(Ordering::SeqCst)
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, moved: impl Fn()) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        moved();
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
