//! Tools that take several rounds (SEP-2322): they answer with questions, and are called again with
//! the answers and the state that they gave out.
//!
//! The state comes back from whoever calls, so it is sealed, for this tool alone.

use mcp_guard::rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, GetPromptRequestParams, GetPromptResponse,
        InputRequiredResult, InputResponses, RequestStateCodec, SealOptions,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

use super::{
    content::{described, said, text},
    everything::{complete, wire},
};

const ONE_QUESTION: &str = "test_input_required_result_elicitation";
const MULTI_ROUND: &str = "test_input_required_result_multi_round";

pub(super) struct Rounds {
    codec: RequestStateCodec,
}

impl Rounds {
    pub(super) fn new() -> Self {
        let secret = b"the secret of a server that lives for one test";
        Self { codec: RequestStateCodec::try_new(secret).expect("a long secret") }
    }

    pub(super) fn tools() -> Value {
        let names = [
            ONE_QUESTION,
            MULTI_ROUND,
            "test_input_required_result_sampling",
            "test_input_required_result_list_roots",
            "test_input_required_result_request_state",
            "test_input_required_result_tampered_state",
            "test_input_required_result_multiple_inputs",
            "test_input_required_result_capabilities",
            "test_streaming_elicitation",
        ];
        json!(names.map(|name| described(name, "Ask before answering.", &json!({}))))
    }

    /// The tool's answer, if it is one of these.
    pub(super) fn call(
        &self,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Option<Result<CallToolResponse, ErrorData>> {
        let tool = request.name.as_ref();
        let questions = match tool {
            ONE_QUESTION | "test_streaming_elicitation" => json!({"user_name": name()}),
            MULTI_ROUND => return Some(self.rounds(request)),
            "test_input_required_result_sampling" => {
                json!({"capital_question": model("What is the capital of France?")})
            }
            "test_input_required_result_list_roots" => json!({"client_roots": roots()}),
            "test_input_required_result_request_state"
            | "test_input_required_result_tampered_state" => json!({"confirm": confirm()}),
            "test_input_required_result_multiple_inputs" => json!({
                "user_name": name(), "greeting": model("Greet"), "client_roots": roots(),
            }),
            "test_input_required_result_capabilities" => allowed(context),
            _ => return None,
        };
        let has_state = tool.ends_with("_state") || tool.ends_with("_inputs");
        let state = has_state.then(|| self.seal(tool, "asked"));
        Some(self.one_round(request, &questions, state))
    }

    /// Asks once, and again for what is missing.
    fn one_round(
        &self,
        request: &CallToolRequestParams,
        questions: &Value,
        state: Option<String>,
    ) -> Result<CallToolResponse, ErrorData> {
        let sealed = request.request_state.as_deref();
        let opened = sealed.map(|sealed| self.open(&request.name, sealed)).transpose()?;
        let answers = request.input_responses.as_ref().filter(|given| answer(given, questions));
        match answers {
            // Only the state that was given out says that something was asked.
            Some(_) if state.is_some() && opened.is_none() => Err(forged()),
            Some(answers) => Ok(said(&format!("state-ok: {}", json!(answers)))),
            None => Ok(CallToolResponse::InputRequired(asked(questions, state))),
        }
    }

    /// Asks for a name, then for a colour.
    fn rounds(&self, request: &CallToolRequestParams) -> Result<CallToolResponse, ErrorData> {
        let state = match &request.request_state {
            Some(sealed) => self.open(MULTI_ROUND, sealed)?,
            None => String::new(),
        };
        let answered = |key: &str| {
            request.input_responses.as_ref().is_some_and(|given| given.contains_key(key))
        };
        let (question, next) = match state.as_str() {
            "one" if answered("step1") => {
                (json!({"step2": form("Step 2: What is your favorite color?", "color")}), "two")
            }
            "two" if answered("step2") => return Ok(said("three rounds")),
            _ => (json!({"step1": form("Step 1: What is your name?", "name")}), "one"),
        };
        let asked = asked(&question, Some(self.seal(MULTI_ROUND, next)));
        Ok(CallToolResponse::InputRequired(asked))
    }

    /// A prompt that asks what it is to be about.
    pub(super) fn prompt(request: &GetPromptRequestParams) -> Option<GetPromptResponse> {
        if request.name != "test_input_required_result_prompt" {
            return None;
        }
        let questions =
            json!({"user_context": form("What context should the prompt use?", "context")});
        let answers = request.input_responses.as_ref().filter(|given| answer(given, &questions));
        Some(match answers {
            Some(answers) => {
                let content = text(&json!(answers).to_string());
                let message = json!({"role": "user", "content": content});
                GetPromptResponse::Complete(complete(json!({"messages": [message]})))
            }
            None => GetPromptResponse::InputRequired(asked(&questions, None)),
        })
    }

    fn seal(&self, tool: &str, state: &str) -> String {
        let bound = SealOptions::new().associated_data(tool.as_bytes());
        self.codec.seal_with(state.as_bytes(), &bound)
    }

    fn open(&self, tool: &str, sealed: &str) -> Result<String, ErrorData> {
        let opened = self.codec.open_with(sealed, tool.as_bytes()).map_err(|_| forged())?;
        String::from_utf8(opened).map_err(|_| forged())
    }
}

fn forged() -> ErrorData {
    ErrorData::invalid_params("the request state is not one that was given out", None)
}

pub(super) fn asked(questions: &Value, state: Option<String>) -> InputRequiredResult {
    InputRequiredResult::new(Some(wire(questions.clone())), state)
}

/// Whether every question has an answer, and each is an object.
pub(super) fn answer(given: &InputResponses, questions: &Value) -> bool {
    let keys = questions.as_object().into_iter().flat_map(|questions| questions.keys());
    keys.into_iter().all(|key| given.get(key).is_some_and(Value::is_object))
}

/// A question for the client's user, with one text to fill in.
pub(super) fn form(message: &str, field: &str) -> Value {
    let schema = json!({
        "type": "object", "properties": {field: {"type": "string"}}, "required": [field],
    });
    let params = json!({"mode": "form", "message": message, "requestedSchema": schema});
    json!({"method": "elicitation/create", "params": params})
}

fn name() -> Value {
    form("What is your name?", "name")
}

fn confirm() -> Value {
    let schema = json!({
        "type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"],
    });
    let params = json!({"mode": "form", "message": "Please confirm", "requestedSchema": schema});
    json!({"method": "elicitation/create", "params": params})
}

fn model(question: &str) -> Value {
    let message = json!({"role": "user", "content": {"type": "text", "text": question}});
    let params = json!({"messages": [message], "maxTokens": 100});
    json!({"method": "sampling/createMessage", "params": params})
}

fn roots() -> Value {
    json!({"method": "roots/list"})
}

/// Questions of the kinds that the client can answer.
fn allowed(context: &RequestContext<RoleServer>) -> Value {
    let mut questions = json!({});
    let Some(able) = context.client_capabilities() else { return questions };
    if able.sampling.is_some() {
        questions["greeting"] = model("Greet");
    }
    if able.elicitation.is_some() {
        questions["user_name"] = name();
    }
    questions
}
