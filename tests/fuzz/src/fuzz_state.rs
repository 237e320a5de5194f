//! A call that comes with an answer or a state (SEP-2322) that no guarded tool has asked for or given out is
//! refused, and does nothing. A sealed state opens exactly as it was given out.

use std::{
    cell::RefCell,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use mcp_guard::{__fuzzing::passes, MemoryStore, prelude::*};
use rmcp::{
    ServiceExt as _,
    model::{RequestStateCodec, SealOptions},
};
use serde_json::Value;
use tokio::{
    io::{
        AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf,
        WriteHalf, duplex, split,
    },
    runtime::Runtime,
};

const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"fuzz","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}"#;
const SECRET: &[u8] = b"the secret of a server that lives for one test";
const CONTEXT: &[u8] = b"tenant|subject|create_refund";

/// Members of a call's `params`, beside its name and arguments, as they are written.
///
/// # Panics
/// When something was done that must not be, or a forged state opens.
pub fn state(members: &[u8]) {
    thread_local! {
        static STAGE: RefCell<Stage> = RefCell::new(Stage::open());
    }
    let Ok(members) = str::from_utf8(members) else { return };
    open_sealed(members);
    STAGE.with_borrow_mut(|stage| stage.play(members));
}

/// A guard and a client's end of its wire.
struct Stage {
    runtime: Runtime,
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    write: WriteHalf<DuplexStream>,
    effects: Effects,
    calls: usize,
}

/// How often something was done.
#[derive(Clone, Default)]
struct Effects(Arc<AtomicUsize>);

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Done {
    effects: usize,
}

/// Does something.
#[guarded_tool(idempotent, any_caller)]
async fn act(effects: &Effects) -> Result<Done, Infallible> {
    Ok(Done { effects: effects.0.fetch_add(1, Ordering::Relaxed) + 1 })
}

impl Stage {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let effects = Effects::default();
        let guard = Guard::builder()
            .identity(Caller::new("fuzz", "client"))
            .store(MemoryStore::new().expect("a store"))
            .provide(effects.clone())
            .tool::<act>()
            .build()
            .expect("a guard");
        let (client, server) = duplex(1024 * 1024);
        runtime.spawn(async move {
            let session = guard.serve(split(server)).await.expect("a session");
            session.waiting().await.expect("no panic");
        });
        let (read, write) = split(client);
        Self { runtime, lines: BufReader::new(read).lines(), write, effects, calls: 0 }
    }

    fn play(&mut self, members: &str) {
        self.calls += 1;
        let id = self.calls;
        let comma = if members.trim().is_empty() { "" } else { "," };
        let message = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{{META},"name":"act","arguments":{{"idempotency_key":"fuzz-{id:08}"}}{comma}{members}}}}}"#
        );
        // A message that is not one is refused before it comes here, and a line is one message.
        if !passes(message.as_bytes()) || message.contains(['\n', '\r']) {
            return;
        }
        let before = self.effects.0.load(Ordering::Relaxed);
        let answer = self.ask(&message);
        let done = self.effects.0.load(Ordering::Relaxed) - before;
        let sent: Value = serde_json::from_str(&message).expect("it has passed");
        assert_eq!(answer["id"], sent["id"], "{message}");
        let params = &sent["params"];
        let has_round = !params["requestState"].is_null() || !params["inputResponses"].is_null();
        assert!(done <= 1, "{done} effects: {message}");
        assert!(!has_round || done == 0, "an effect: {message}");
        assert_eq!(answer["result"]["structuredContent"]["status"] == "ok", done == 1, "{message}");
        // What the protocol does not know is not what makes a call fail.
        assert!(has_round || done == 1 || knows(params), "no effect: {message} {answer}");
    }

    fn ask(&mut self, message: &str) -> Value {
        let Self { runtime, lines, write, .. } = self;
        runtime.block_on(async {
            write.write_all(message.as_bytes()).await.expect("the server listens");
            write.write_all(b"\n").await.expect("the server listens");
            let line = lines.next_line().await.expect("the server speaks").expect("a line");
            serde_json::from_str(&line).expect("JSON")
        })
    }
}

/// Whether there is a member that `rmcp` reads beside those that are always there.
fn knows(params: &Value) -> bool {
    ["task", "requestState", "inputResponses"].iter().any(|name| params.get(name).is_some())
}

fn open_sealed(made_up: &str) {
    thread_local! {
        static CODEC: RequestStateCodec = RequestStateCodec::try_new(SECRET).expect("a long secret");
    }
    CODEC.with(|codec| {
        let bound = SealOptions::new().associated_data(CONTEXT);
        let sealed = codec.seal_with(b"asked", &bound);
        assert_eq!(codec.open_with(&sealed, CONTEXT).expect("as it was given out"), b"asked");
        let opened = codec.open_with(made_up, CONTEXT);
        assert!(opened.is_err() || made_up == sealed, "it was not given out: {made_up}");
    });
}
