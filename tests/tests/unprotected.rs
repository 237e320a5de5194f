//! A guard behind somebody else's HTTP service, without the guard's own layer.

use std::{convert::Infallible, sync::Arc};

use http::{Request, header};
use http_body_util::BodyExt as _;
use mcp_guard::{
    prelude::*,
    rmcp::transport::{
        StreamableHttpServerConfig, StreamableHttpService,
        streamable_http_server::session::never::NeverSessionManager,
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize, JsonSchema)]
struct Visitor {
    subject: String,
}

/// Say who is calling.
#[guarded_tool(read_only, any_caller)]
async fn who(caller: &Caller) -> Result<Visitor, Infallible> {
    Ok(Visitor { subject: caller.subject().to_owned() })
}

/// Answers one request of a client that has said nothing of who it is.
async fn answer(guard: &Guard, message: Value, caller: Option<Caller>) -> Value {
    let guard = guard.clone();
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true);
    let sessions = Arc::new(NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(guard.clone()), sessions, config);
    let mut request = Request::post("/mcp")
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .body(message.to_string())
        .expect("a request");
    if let Some(caller) = caller {
        request.extensions_mut().insert(Arc::new(caller));
    }
    let answer = service.handle(request).await.into_body().collect().await.expect("a body");
    serde_json::from_slice(&answer.to_bytes()).expect("a message")
}

/// The operator's identity is for stdio. Over HTTP it would be everyone's who finds the port.
#[tokio::test]
async fn nobody_is_taken_for_the_operator() {
    let guard = Guard::builder().identity(Caller::local("operator")).tool::<who>().build();
    let guard = guard.expect("a guard");
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "who", "arguments": {}}});
    let denied = answer(&guard, call.clone(), None).await;
    assert_eq!(denied["result"]["structuredContent"]["error"]["code"], "unauthenticated");
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    assert_eq!(answer(&guard, list, None).await["result"]["tools"], json!([]));

    let known = answer(&guard, call, Some(Caller::local("visitor"))).await;
    assert_eq!(known["result"]["structuredContent"]["result"]["subject"], "visitor", "{known}");
}
