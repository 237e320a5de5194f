//! A server that is told to end while a client keeps it waiting.

use std::time::{Duration, Instant};

use guard_tests::{
    fixture::Fixture,
    server::{AGENT_TOKEN, Transport},
    wire::{Version, Wire},
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

/// Longer than a server waits for those who are silent.
const PATIENCE: Duration = Duration::from_secs(12);

async fn connection(url: &str) -> TcpStream {
    let address = url.trim_start_matches("http://").split('/').next().expect("an address");
    TcpStream::connect(address).await.expect("a server that listens")
}

fn head(rest: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {AGENT_TOKEN}\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{rest}"
    )
}

#[tokio::test]
async fn a_client_that_never_finishes_its_request_keeps_no_server() {
    let unfinished = [
        ("a head", head("")),
        ("a body", head("Content-Length: 100\r\n\r\n{")),
        ("chunks", head("Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")),
    ];
    let ended = unfinished.map(async |(what, request)| {
        let fixture = Fixture::new();
        let wire = Wire::open(&fixture.server(Transport::Http), Version::V2026July).await;
        let mut connection = connection(wire.url()).await;
        connection.write_all(request.as_bytes()).await.expect("sent");
        tokio::time::sleep(Duration::from_millis(200)).await;
        let told = Instant::now();
        wire.process().terminate().await;
        assert!(wire.process().ended().await.success(), "{what}");
        assert!(told.elapsed() < PATIENCE, "{what}: {:?}", told.elapsed());
    });
    futures_util::future::join_all(ended).await;
}
