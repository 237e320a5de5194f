//! What goes over the wire: one command for each operation.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

use guard_tests::services::redis::Redis;
use mcp_guard::store::{Payload, Settlement, Store};

use crate::{RETENTION, claim_of, connect, granted, operation, recorded};

/// Hears every command that the server is sent, until it is asked what it has heard.
pub(crate) struct Ear(BufReader<TcpStream>);

impl Ear {
    pub(crate) fn on(server: &Redis) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("a connection");
        stream.write_all(b"MONITOR\r\n").expect("sent");
        let mut ear = Self(BufReader::new(stream));
        assert_eq!(ear.line(), "+OK");
        ear
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// The names of the commands that clients have sent, without what scripts did.
    pub(crate) fn heard(&mut self, server: &Redis) -> Vec<String> {
        server.send(&["ECHO", "that is all"]);
        let mut names = Vec::new();
        loop {
            let line = self.line();
            if line.contains("that is all") {
                return names;
            }
            if !line.contains(" lua] ") {
                names.push(line.split('"').nth(1).expect("a command").to_owned());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_is_one_command() {
    let Some(server) = Redis::start() else { return };
    let store = connect(&server).await;
    // The first time, a script is sent in full.
    for round in 0..2_u64 {
        let fallen_back = if round == 0 { 2 } else { 1 };
        let mut ear = Ear::on(&server);
        let claim = claim_of(operation(round)).with_tentative(true);
        assert_eq!(store.recall(&claim).await, Ok(None));
        let lease = granted(&store, &claim).await;
        store.renew(&lease).await.expect("renewed");
        store.dispatch(&lease).await.expect("dispatched");
        store.settle(&lease, &Settlement::Unknown).await.expect("settled");
        store.resolve(&lease.attempt, &recorded("done")).await.expect("resolved");
        store.inspect(&claim.operation).await.expect("inspected");
        store.unresolved(None, 10).await.expect("listed");
        store.secret().await.expect("a secret");
        let heard = ear.heard(&server);
        assert_eq!(heard.len(), 9 * fallen_back, "{heard:?}");
        assert!(heard.iter().all(|name| name.starts_with("EVAL")), "{heard:?}");
    }
}

/// Every byte, in answers and arguments.
#[tokio::test(flavor = "multi_thread")]
async fn payloads_are_kept_byte_for_byte() {
    let Some(server) = Redis::start() else { return };
    let store = connect(&server).await;
    let all: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let claim = claim_of(operation(1)).with_arguments(Some(Payload::from_bytes(all.clone())));
    let lease = granted(&store, &claim).await;
    let found = store.inspect(&claim.operation).await.expect("ok").expect("a record");
    assert_eq!(found.record.arguments, Some(Payload::from_bytes(all.clone())));
    let reply = mcp_guard::store::StoredReply { body: Payload::from_bytes(all), is_error: true };
    let settlement =
        Settlement::Recorded { reply: reply.clone(), acted: true, retention: RETENTION };
    store.settle(&lease, &settlement).await.expect("settled");
    match store.recall(&claim).await {
        Ok(Some(mcp_guard::store::Standing::Recorded(recorded))) => {
            assert_eq!(recorded.reply, reply);
        }
        other => panic!("not replayed: {other:?}"),
    }
}
