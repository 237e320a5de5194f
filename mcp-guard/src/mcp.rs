//! The adapter to `rmcp`. Nothing else names it.

#[cfg(feature = "http")]
pub(crate) mod http;
pub(crate) mod stdio;

use std::{borrow::Cow, sync::Arc};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::{
        router::tool::{ToolRoute, ToolRouter},
        tool::ToolCallContext,
    },
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
        CustomRequest, CustomResult, Extensions, Implementation, InputResponses, ListToolsResult,
        MetaObject, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
        ToolAnnotations,
    },
    service::RequestContext,
};
use serde_json::{Map, Value};

use crate::{
    caller::Caller,
    failure::Failure,
    guard::{Call, Core, Guard, GuardedTool, NoSuchTool, Reply},
    tool::{EffectClass, ToolSpec},
    wire::Fault,
};

/// In `_meta`: whether the answer is an earlier call's.
const REPLAYED: &str = "mcp-guard/replayed";
/// In `_meta`: when that was.
const ORIGINAL_AT: &str = "mcp-guard/original_at";
/// In `_meta`: the operation whose answer it is, if the call named another with the same business key.
const DUPLICATE_OF: &str = "mcp-guard/duplicate_of";
/// In `_meta`: `false` when the answer could not be recorded yet.
const DURABLE: &str = "mcp-guard/durable";
/// In `_meta`: the members of the result that this caller's scopes do not show.
const WITHHELD: &str = "mcp-guard/withheld";
/// In `_meta`: `true` when the result does not fit the tool's `outputSchema`: a defect of the server.
const MISFIT: &str = "mcp-guard/misfit";

impl Guard {
    /// The guarded tools as routes of an `rmcp` server, to stand beside its ordinary `#[tool]`s.
    ///
    /// The server must be served by the guard for the raw checks to happen and for HTTP callers to be
    /// known: [`serve_stdio_with`](Guard::serve_stdio_with), or the router that
    /// [`protect`](Guard::protect) makes of it. Calls over HTTP that no authentication layer has seen are
    /// denied.
    ///
    /// A router lists every tool to everyone: with `hide_unauthorized()`, filter your
    /// `list_tools` through [`visible_tools`](Guard::visible_tools).
    #[must_use]
    pub fn routes<S: Send + Sync + 'static>(&self) -> ToolRouter<S> {
        self.core().toolbox().all().fold(ToolRouter::new(), |router, tool| {
            let guard = self.clone();
            router.with_route(ToolRoute::new_dyn(
                describe(tool),
                move |context: ToolCallContext<'_, S>| {
                    let guard = guard.clone();
                    Box::pin(async move { guard.answer_in_a_router(context).await })
                },
            ))
        })
    }

    /// The tools that the caller of a request may see, in a fixed order.
    #[must_use]
    pub fn visible_tools(&self, context: &RequestContext<RoleServer>) -> Vec<Tool> {
        let caller = caller_of(self.core(), &context.extensions);
        self.visible_to(caller).map(describe).collect()
    }

    /// A router answers by itself for a tool that it does not have, however often its caller calls. So a
    /// hidden one is not there either, whatever its call has come to.
    async fn answer_in_a_router<S>(
        &self,
        call: ToolCallContext<'_, S>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = caller_of(self.core(), &call.request_context.extensions);
        let is_hidden = self.hides(&call.name, caller);
        let further_round = is_further(call.input_responses.as_ref(), call.request_state.as_ref());
        let context = call.request_context;
        let answer = self.answer(call.name, call.arguments, further_round, context).await;
        if is_hidden { Err(no_such_tool()) } else { answer }
    }

    async fn answer(
        &self,
        tool: Cow<'static, str>,
        arguments: Option<Map<String, Value>>,
        further_round: bool,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(arguments.unwrap_or_default());
        let call = Call::new(tool, arguments, caller_of(self.core(), &context.extensions))
            .of_a_further_round(further_round)
            .cancelled_by(context.ct);
        match self.call(call).await {
            Ok(reply) => {
                #[cfg(feature = "http")]
                http::tell_what_is_lacking(&context.extensions, &reply);
                result_of(&reply).map(Into::into)
            }
            Err(NoSuchTool) => Err(no_such_tool()),
        }
    }
}

impl ServerHandler for Guard {
    fn get_info(&self) -> ServerConfig {
        let server = self.core().server();
        let mut config = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        config.server_info = Implementation::new(&server.name, &server.version);
        config.instructions.clone_from(&server.instructions);
        config
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let further_round =
            is_further(request.input_responses.as_ref(), request.request_state.as_ref());
        self.answer(request.name, request.arguments, further_round, context).await
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        // What is listed depends on the caller: nobody may keep it for another.
        Ok(ListToolsResult::with_all_items(self.visible_tools(&context))
            .with_cache_scope(CacheScope::Private))
    }

    /// `rmcp` takes a call whose parameters do not fit for an unknown method. That is not what is
    /// wrong with it.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        if matches!(request.method.as_str(), "tools/call" | "tools/list") {
            let failure = Failure::invalid(
                "malformed_call",
                "The request's parameters do not fit the method: `arguments` must be an object."
                    .into(),
                None,
            );
            return Err(ErrorData::invalid_params(failure.message.clone(), data_of(&failure)));
        }
        Err(ErrorData::new(rmcp::model::ErrorCode::METHOD_NOT_FOUND, "method not found", None))
    }
}

/// Whether a call claims to be a further round of an earlier one (SEP-2322).
fn is_further(answers: Option<&InputResponses>, state: Option<&String>) -> bool {
    answers.is_some() || state.is_some()
}

/// Who calls. Over HTTP that is who the authentication layer says, and nobody if there was none;
/// the operator's identity is for transports on which there is one caller only.
fn caller_of(core: &Core, extensions: &Extensions) -> Option<Arc<Caller>> {
    match extensions.get::<::http::request::Parts>() {
        Some(parts) => parts.extensions.get::<Arc<Caller>>().cloned(),
        None => core.identity(),
    }
}

/// As `rmcp`'s own router says it, so that a hidden tool cannot be told from one that is not there.
fn no_such_tool() -> ErrorData {
    ErrorData::invalid_params("tool not found", None)
}

/// A message that was refused before it was parsed, as a protocol error. Its `data` is the error of
/// the envelope.
pub(crate) fn protocol_error(fault: Fault) -> ErrorData {
    let failure = fault.failure();
    let (message, data) = (failure.message.clone(), data_of(&failure));
    match fault {
        Fault::Malformed => ErrorData::parse_error(message, data),
        _ => ErrorData::invalid_request(message, data),
    }
}

fn data_of(failure: &Failure) -> Option<Value> {
    serde_json::to_value(failure).ok()
}

fn result_of(reply: &Reply) -> Result<CallToolResult, ErrorData> {
    let structured = serde_json::from_str(reply.body()).map_err(|error| {
        tracing::error!(%error, "a recorded answer cannot be read");
        let failure = Failure::record_unreadable(error.to_string());
        ErrorData::internal_error(failure.message.clone(), data_of(&failure))
    })?;
    let mut result = CallToolResult::success(vec![ContentBlock::text(reply.body())]);
    result.structured_content = Some(structured);
    result.is_error = Some(reply.is_error());
    result.meta = meta_of(reply);
    Ok(result)
}

fn meta_of(reply: &Reply) -> Option<MetaObject> {
    let mut meta = MetaObject::new();
    if let Some(at) = reply.original_at() {
        meta.0.insert(REPLAYED.into(), true.into());
        meta.0.insert(ORIGINAL_AT.into(), at.to_rfc3339().into());
    }
    if let Some(operation) = reply.duplicate_of() {
        meta.0.insert(DUPLICATE_OF.into(), operation.to_string().into());
    }
    if !reply.is_durable() {
        meta.0.insert(DURABLE.into(), false.into());
    }
    if !reply.withheld().is_empty() {
        meta.0.insert(WITHHELD.into(), reply.withheld().into());
    }
    if !reply.fits_its_schema() {
        meta.0.insert(MISFIT.into(), true.into());
    }
    (!meta.0.is_empty()).then_some(meta)
}

fn describe(tool: &GuardedTool) -> Tool {
    let spec = tool.spec();
    let input = Arc::clone(tool.schema().published());
    let described = Tool::new(spec.name, spec.description, input)
        .with_raw_output_schema(Arc::clone(tool.results().published()))
        .with_annotations(annotations(spec));
    match spec.title {
        Some(title) => described.with_title(title),
        None => described,
    }
}

fn annotations(spec: &ToolSpec) -> ToolAnnotations {
    let hints = ToolAnnotations::new().open_world(spec.open_world);
    match spec.effect {
        EffectClass::ReadOnly => hints.read_only(true),
        // Repeating the call with the same arguments has no further effect: the key is among them.
        EffectClass::Idempotent(_) => {
            hints.read_only(false).destructive(spec.destructive).idempotent(true)
        }
    }
}
