//! Tools that go on as tasks (SEP-2663).

use std::time::Duration;

use mcp_guard::rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock,
        CreateTaskResult,
    },
    service::RequestContext,
    task_manager::{TaskContext, TaskExit, TaskManager, TaskOptions},
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    content::{described, result},
    everything::wire,
    rounds::{answer, asked, form},
};

type Ended = Result<CallToolResult, TaskExit>;

pub(super) fn tools() -> Value {
    let none = json!({});
    let file = json!({"filename": {"type": "string"}});
    let number = json!({"seconds": {"type": "number"}, "label": {"type": "string"}});
    json!([
        described("slow_compute", "Take some seconds.", &number),
        described("failing_job", "Fail after a second.", &none),
        described("protocol_error_job", "Break down.", &none),
        described("confirm_delete", "Ask once.", &file),
        described("multi_input", "Ask twice at a time.", &none),
        described("test_tool_with_task", "Ask, then take a while.", &none),
    ])
}

/// The tool's answer, if it is one of these.
pub(super) async fn call(
    tasks: &TaskManager,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Option<Result<CallToolResponse, ErrorData>> {
    let job = Job::of(request)?;
    let is_able = context.client_capabilities().is_some_and(|able| able.supports_tasks());
    if !is_able {
        if let Some(done) = job.at_once().await {
            return Some(Ok(CallToolResponse::Complete(done)));
        }
        let needed = ClientCapabilities::builder().enable_tasks().build();
        return Some(Err(ErrorData::missing_required_client_capability(needed)));
    }
    if let Job::Greet(None) = job {
        let questions = json!({"user_name": form("What is your name?", "name")});
        return Some(Ok(CallToolResponse::InputRequired(asked(&questions, None))));
    }
    let options = TaskOptions::new().with_poll_interval_ms(100);
    let task = tasks.spawn(options, |task| Box::pin(job.run(task)));
    Some(Ok(CallToolResponse::Task(CreateTaskResult::new(task))))
}

/// What is to be done.
enum Job {
    Wait(Duration),
    Fail,
    Break,
    Ask(&'static [&'static str]),
    /// The name, once it was told.
    Greet(Option<String>),
}

impl Job {
    fn of(request: &CallToolRequestParams) -> Option<Self> {
        Some(match request.name.as_ref() {
            "slow_compute" => {
                let seconds = request.arguments.as_ref().and_then(|all| all.get("seconds"));
                let seconds = seconds.and_then(Value::as_f64).unwrap_or(0.0).clamp(0.0, 60.0);
                Self::Wait(Duration::from_secs_f64(seconds))
            }
            "failing_job" => Self::Fail,
            "protocol_error_job" => Self::Break,
            "confirm_delete" => Self::Ask(&["confirm"]),
            "multi_input" => Self::Ask(&["first", "second"]),
            "test_tool_with_task" => Self::Greet(name_in(request)),
            _ => return None,
        })
    }

    /// Does it without a task, if it can be done so.
    async fn at_once(&self) -> Option<CallToolResult> {
        let Self::Wait(time) = self else { return None };
        sleep(*time).await;
        Some(result("computed"))
    }

    async fn run(self, task: TaskContext) -> Ended {
        match self {
            Self::Wait(time) => tokio::select! {
                () = task.cancelled() => Err(TaskExit::Cancelled),
                () = sleep(time) => Ok(result("computed")),
            },
            Self::Fail => {
                sleep(Duration::from_secs(1)).await;
                Ok(CallToolResult::error(vec![ContentBlock::text("it failed")]))
            }
            Self::Break => Err(TaskExit::Error(ErrorData::internal_error("it broke down", None))),
            Self::Ask(keys) => ask(&task, keys).await,
            Self::Greet(name) => Ok(result(&format!("Hello, {}!", name.unwrap_or_default()))),
        }
    }
}

/// Asks all at the same time.
async fn ask(task: &TaskContext, keys: &[&str]) -> Ended {
    let questions = keys.iter().map(|key| {
        let question = wire(form(&format!("What about the {key}?"), "answer"));
        task.request_input(*key, question)
    });
    let answers = futures_util::future::try_join_all(questions).await?;
    Ok(result(&json!(answers).to_string()))
}

fn name_in(request: &CallToolRequestParams) -> Option<String> {
    let given = request.input_responses.as_ref()?;
    let is_answered = answer(given, &json!({"user_name": {}}));
    is_answered.then(|| given["user_name"]["content"]["name"].as_str().unwrap_or("").to_owned())
}
