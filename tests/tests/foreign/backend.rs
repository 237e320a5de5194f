//! A server that fails in one way.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What the server does with a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behaviour {
    /// Reads it and says nothing.
    Stall,
    /// Reads it and closes the connection.
    HangUp,
    /// Reads it and breaks the connection.
    Reset,
    /// Answers less than it says that it answers.
    CutOff,
    /// Begins to answer.
    StallInTheAnswer,
    /// Answers what is not HTTP.
    Nonsense,
    /// Answers this status, with this header.
    Answer(u16, &'static str),
    /// Answers that the result is elsewhere.
    RedirectTo(&'static str),
}

/// A running server. It ends with this value.
pub(crate) struct Backend {
    url: String,
    requests: Arc<AtomicU32>,
    task: JoinHandle<()>,
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A URL at which nobody listens.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    format!("http://{}/", listener.local_addr().expect("an address"))
}

impl Backend {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self::on(listener, behaviour)
    }

    /// A server at this URL, where there was none.
    pub(crate) async fn start_at(url: &str, behaviour: Behaviour) -> Self {
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        Self::on(TcpListener::bind(address).await.expect("the port is free again"), behaviour)
    }

    fn on(listener: TcpListener, behaviour: Behaviour) -> Self {
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let requests = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let count = Arc::clone(&count);
                tokio::spawn(async move { serve(socket, behaviour, &count).await });
            }
        });
        Self { url, requests, task }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://").trim_end_matches('/')
    }

    /// How many requests have reached it, each with its body.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn serve(mut socket: TcpStream, behaviour: Behaviour, requests: &AtomicU32) {
    if read_request(&mut socket).await.is_none() {
        return;
    }
    requests.fetch_add(1, Ordering::SeqCst);
    let answer = match behaviour {
        Behaviour::Stall => std::future::pending().await,
        Behaviour::HangUp => return,
        Behaviour::Reset => {
            // Closed with nothing to linger for, a socket is reset.
            socket.set_zero_linger().expect("a socket");
            return;
        }
        Behaviour::CutOff | Behaviour::StallInTheAnswer => {
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_owned()
        }
        Behaviour::Nonsense => "SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned(),
        Behaviour::Answer(status, header) => {
            let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
            format!("HTTP/1.1 {status} Status\r\n{header}content-length: 2\r\n\r\n{{}}")
        }
        Behaviour::RedirectTo(url) => {
            format!("HTTP/1.1 303 See Other\r\nlocation: {url}\r\ncontent-length: 0\r\n\r\n")
        }
    };
    if socket.write_all(answer.as_bytes()).await.is_err() {
        return;
    }
    if matches!(behaviour, Behaviour::StallInTheAnswer) {
        std::future::pending::<()>().await;
    }
    let _closed = socket.shutdown().await;
}

/// Reads one request, or nothing of a connection that sends none.
async fn read_request(socket: &mut TcpStream) -> Option<()> {
    let mut read = Vec::new();
    loop {
        if socket.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&read).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or_default();
        if body.len() >= length {
            return Some(());
        }
    }
}
