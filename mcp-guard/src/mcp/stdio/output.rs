//! Standard output, written on a thread of its own. A write cannot be cancelled, and on one of the
//! runtime's threads it would keep the runtime from ending while a client does not read.

use std::{
    io::{self, Write as _},
    thread,
};

use tokio::{
    io::{AsyncReadExt as _, DuplexStream},
    sync::mpsc,
};

/// Bytes that are taken before somebody reads them.
const BUFFER: usize = 64 * 1024;
/// Pieces that wait for the thread.
const AHEAD: usize = 4;

/// Ends when all has been written, or nobody reads any more.
pub(super) struct Written(mpsc::Receiver<()>);

impl Written {
    pub(super) async fn wait(mut self) {
        // Nothing is ever sent: the thread's end closes it.
        let _ = self.0.recv().await;
    }
}

/// What is written here goes to standard output.
pub(super) fn open() -> io::Result<(DuplexStream, Written)> {
    let (near, far) = tokio::io::duplex(BUFFER);
    let (pieces, queue) = mpsc::channel(AHEAD);
    let (ends, written) = mpsc::channel(1);
    thread::Builder::new().name("mcp-guard-stdout".into()).spawn(move || {
        if let Err(error) = write(queue) {
            tracing::debug!(%error, "standard output cannot be written");
        }
        drop(ends);
    })?;
    tokio::spawn(hand_over(far, pieces));
    Ok((near, Written(written)))
}

async fn hand_over(mut far: DuplexStream, pieces: mpsc::Sender<Vec<u8>>) {
    let mut piece = Vec::with_capacity(BUFFER);
    while let Ok(1..) = far.read_buf(&mut piece).await {
        if pieces.send(std::mem::take(&mut piece)).await.is_err() {
            return;
        }
    }
}

fn write(mut queue: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    let mut output = io::stdout();
    while let Some(piece) = queue.blocking_recv() {
        output.write_all(&piece)?;
        output.flush()?;
    }
    Ok(())
}
