//! Tools that talk to the client while they run: log, report progress, ask.

use std::time::Duration;

use mcp_guard::rmcp::{
    ErrorData, RoleServer,
    model::{CallToolRequestParams, CallToolResponse, ClientCapabilities, ClientResult},
    service::RequestContext,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    content::{described, said},
    everything::wire,
};

type Answer = Result<CallToolResponse, ErrorData>;

pub(super) fn tools() -> Value {
    let text = |name: &str| json!({name: {"type": "string"}});
    let none = json!({});
    json!([
        described("test_tool_with_logging", "Log three lines.", &none),
        described("test_logging_tool", "Log a line, if the client wants it.", &none),
        described("test_tool_with_progress", "Report progress three times.", &none),
        described("test_reconnection", "Take a while.", &none),
        described("test_missing_capability", "Ask for what the client must have.", &none),
        described("test_sampling", "Ask the client's model.", &text("prompt")),
        described("test_elicitation", "Ask the client's user.", &text("message")),
        described("test_elicitation_sep1034_defaults", "Ask with defaults.", &none),
        described("test_elicitation_sep1330_enums", "Ask with choices.", &none),
    ])
}

/// The tool's answer, if it is one of these.
pub(super) async fn call(
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Option<Answer> {
    let argument = |name: &str| {
        request.arguments.as_ref().and_then(|all| all.get(name)).cloned().unwrap_or_default()
    };
    Some(match request.name.as_ref() {
        "test_tool_with_logging" => log(context).await,
        "test_logging_tool" if context.meta.log_level().is_some() => log(context).await,
        "test_logging_tool" => Ok(said("nothing was logged")),
        "test_tool_with_progress" => report(context).await,
        "test_reconnection" => {
            sleep(Duration::from_millis(100)).await;
            Ok(said("the call took a while"))
        }
        "test_missing_capability" => needs_sampling(context),
        "test_sampling" => sample(context, &argument("prompt")).await,
        "test_elicitation" => {
            let schema = json!({
                "type": "object",
                "properties": {
                    "username": {"type": "string", "description": "User's response"},
                    "email": {"type": "string", "description": "User's email address"},
                },
                "required": ["username", "email"],
            });
            elicit(context, &argument("message"), schema).await
        }
        "test_elicitation_sep1034_defaults" => {
            elicit(context, &json!("Check these"), defaults()).await
        }
        "test_elicitation_sep1330_enums" => elicit(context, &json!("Choose"), choices()).await,
        _ => return None,
    })
}

async fn log(context: &RequestContext<RoleServer>) -> Answer {
    for line in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        let message = json!({
            "method": "notifications/message",
            "params": {"level": "info", "logger": "conformance", "data": line},
        });
        context.peer.send_notification(wire(message)).await.map_err(unsent)?;
        sleep(Duration::from_millis(50)).await;
    }
    Ok(said("logged"))
}

async fn report(context: &RequestContext<RoleServer>) -> Answer {
    for progress in [0, 50, 100] {
        if let Some(token) = context.meta.get_progress_token() {
            let message = json!({
                "method": "notifications/progress",
                "params": {"progressToken": token, "progress": progress, "total": 100},
            });
            context.peer.send_notification(wire(message)).await.map_err(unsent)?;
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(said("reported"))
}

fn unsent(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

fn needs_sampling(context: &RequestContext<RoleServer>) -> Answer {
    let has = context.client_capabilities().is_some_and(|has| has.sampling.is_some());
    if has {
        return Ok(said("the client has a model"));
    }
    let needed: ClientCapabilities = wire(json!({"sampling": {}}));
    Err(ErrorData::missing_required_client_capability(needed))
}

async fn sample(context: &RequestContext<RoleServer>, prompt: &Value) -> Answer {
    let message = json!({"role": "user", "content": {"type": "text", "text": prompt}});
    let question = json!({
        "method": "sampling/createMessage",
        "params": {"messages": [message], "maxTokens": 100},
    });
    let answer = ask(context, question).await?;
    let words = answer["content"]["text"].as_str().unwrap_or("nothing");
    Ok(said(&format!("LLM response: {words}")))
}

async fn elicit(context: &RequestContext<RoleServer>, message: &Value, schema: Value) -> Answer {
    let question = json!({
        "method": "elicitation/create",
        "params": {"mode": "form", "message": message, "requestedSchema": schema},
    });
    let answer = ask(context, question).await?;
    Ok(said(&format!("action={}, content={}", answer["action"], answer["content"])))
}

/// Asks the client, and returns its answer as it is on the wire.
async fn ask(context: &RequestContext<RoleServer>, question: Value) -> Result<Value, ErrorData> {
    let answer: ClientResult = context.peer.send_request(wire(question)).await.map_err(unsent)?;
    serde_json::to_value(answer).map_err(unsent)
}

fn defaults() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "default": "John Doe"},
            "age": {"type": "integer", "default": 30},
            "score": {"type": "number", "default": 95.5},
            "status": {
                "type": "string", "enum": ["active", "inactive", "pending"], "default": "active",
            },
            "verified": {"type": "boolean", "default": true},
        },
    })
}

fn choices() -> Value {
    let titled = |values: [&str; 3]| {
        values.map(|value| json!({"const": value, "title": format!("The {value}")}))
    };
    let options = ["option1", "option2", "option3"];
    json!({
        "type": "object",
        "properties": {
            "untitledSingle": {"type": "string", "enum": options},
            "titledSingle": {"type": "string", "oneOf": titled(["value1", "value2", "value3"])},
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"],
            },
            "untitledMulti": {"type": "array", "items": {"type": "string", "enum": options}},
            "titledMulti": {
                "type": "array", "items": {"anyOf": titled(["value1", "value2", "value3"])},
            },
        },
    })
}
