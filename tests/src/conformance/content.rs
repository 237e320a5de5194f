//! What tools, prompts and resources contain, as it is on the wire.

use mcp_guard::rmcp::model::{CallToolResponse, CallToolResult, ContentBlock};
use serde_json::{Value, json};

/// A picture of one pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";
/// A sound without samples.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

pub(super) fn tools() -> Value {
    let none = json!({});
    let name = json!({"name": {"type": "string"}});
    json!([
        described("greet", "Greet somebody.", &name),
        described("test_image_content", "Answer with a picture.", &none),
        described("test_audio_content", "Answer with a sound.", &none),
        described("test_embedded_resource", "Answer with a resource.", &none),
        described("test_multiple_content_types", "Answer with a text, a picture and a resource.", &none),
        {
            "name": "json_schema_2020_12_tool",
            "description": "Tool with JSON Schema 2020-12 features",
            "inputSchema": schema_of_2020_12(),
        },
        {
            "name": "test_x_mcp_header",
            "description": "Take an argument that is repeated in a header.",
            "inputSchema": {
                "type": "object",
                "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
                "required": ["region"],
            },
        },
    ])
}

/// A tool with these parameters.
pub(super) fn described(name: &str, description: &str, properties: &Value) -> Value {
    let schema = json!({"type": "object", "properties": properties});
    json!({"name": name, "description": description, "inputSchema": schema})
}

/// The schema that must come through as it is (SEP-1613, SEP-2106).
fn schema_of_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            },
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    })
}

pub(super) fn of_tool(name: &str, arguments: &Value) -> Option<Value> {
    let image = || json!({"type": "image", "data": PNG, "mimeType": "image/png"});
    let resource = |uri: &str, mime: &str, text: &str| {
        let resource = json!({"uri": uri, "mimeType": mime, "text": text});
        json!({"type": "resource", "resource": resource})
    };
    let content = match name {
        "greet" => {
            json!([text(&format!("Hello, {}!", arguments["name"].as_str().unwrap_or_default()))])
        }
        "test_image_content" => json!([image()]),
        "test_audio_content" => json!([{"type": "audio", "data": WAV, "mimeType": "audio/wav"}]),
        "test_embedded_resource" => {
            json!([resource("test://embedded-resource", "text/plain", "An embedded resource.")])
        }
        "test_multiple_content_types" => json!([
            text("Several kinds of content:"),
            image(),
            resource("test://mixed-content-resource", "application/json", r#"{"value":123}"#),
        ]),
        "json_schema_2020_12_tool" | "test_x_mcp_header" => json!([text("done")]),
        _ => return None,
    };
    Some(json!({"content": content}))
}

/// The answer of a tool that says this and no more.
pub(super) fn said(words: &str) -> CallToolResponse {
    CallToolResponse::Complete(result(words))
}

pub(super) fn result(words: &str) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(words)])
}

pub(super) fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

pub(super) fn prompts() -> Value {
    let argument = |name: &str| json!({"name": name, "description": "A part.", "required": true});
    json!([
        {"name": "test_simple_prompt", "description": "A text."},
        {
            "name": "test_prompt_with_arguments",
            "description": "A text with two parts.",
            "arguments": [argument("arg1"), argument("arg2")],
        },
        {
            "name": "test_prompt_with_embedded_resource",
            "description": "A text and a resource.",
            "arguments": [argument("resourceUri")],
        },
        {"name": "test_prompt_with_image", "description": "A text and a picture."},
        {"name": "test_input_required_result_prompt", "description": "A text that is asked for."},
    ])
}

pub(super) fn of_prompt(name: &str, arguments: &Value) -> Option<Value> {
    let argument = |name: &str| arguments[name].as_str().unwrap_or_default();
    let contents = match name {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (one, two) = (argument("arg1"), argument("arg2"));
            vec![text(&format!("Prompt with arguments: arg1='{one}', arg2='{two}'"))]
        }
        "test_prompt_with_embedded_resource" => {
            let uri = argument("resourceUri");
            let resource = json!({"uri": uri, "mimeType": "text/plain", "text": "A resource."});
            vec![json!({"type": "resource", "resource": resource}), text("Read this resource.")]
        }
        "test_prompt_with_image" => {
            let image = json!({"type": "image", "data": PNG, "mimeType": "image/png"});
            vec![image, text("Look at this picture.")]
        }
        _ => return None,
    };
    let messages: Vec<_> =
        contents.into_iter().map(|content| json!({"role": "user", "content": content})).collect();
    Some(json!({"messages": messages}))
}

pub(super) fn resources() -> Value {
    let resource = |uri: &str, name: &str, mime: &str| json!({"uri": uri, "name": name, "description": name, "mimeType": mime});
    json!([
        resource("test://static-text", "A text", "text/plain"),
        resource("test://static-binary", "A picture", "image/png"),
        resource("test://watched-resource", "A text that changes", "text/plain"),
    ])
}

pub(super) fn templates() -> Value {
    json!([{
        "uriTemplate": "test://template/{id}/data",
        "name": "A text of a number",
        "description": "A text that has its number in it.",
        "mimeType": "application/json",
    }])
}

pub(super) fn of_resource(uri: &str) -> Option<Value> {
    let text = |mime: &str, text: &str| json!({"uri": uri, "mimeType": mime, "text": text});
    let content = match uri {
        "test://static-text" => text("text/plain", "The content of the static text resource."),
        "test://static-binary" => json!({"uri": uri, "mimeType": "image/png", "blob": PNG}),
        "test://watched-resource" => text("text/plain", "The content of the watched resource."),
        _ => {
            let id = uri.strip_prefix("test://template/")?.strip_suffix("/data")?;
            let data = json!({"id": id, "data": format!("Data of {id}")});
            text("application/json", &data.to_string())
        }
    };
    Some(json!({"contents": [content]}))
}

/// What an argument that begins so may be.
pub(super) fn completion(begun: &str) -> Value {
    let known = ["paris", "park", "party"];
    let values: Vec<_> = known.into_iter().filter(|word| word.starts_with(begun)).collect();
    json!({"values": values, "total": values.len(), "hasMore": false})
}
