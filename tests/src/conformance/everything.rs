//! A server of one's own that has everything: guarded tools and ordinary ones, prompts, resources.
#![expect(deprecated, reason = "clients of 2025-11-25 log, subscribe and unsubscribe so")]

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use mcp_guard::{
    Guard,
    rmcp::{
        ErrorData, RoleServer, ServerHandler,
        handler::server::{router::tool::ToolRouter, tool::ToolCallContext},
        model::{
            CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams,
            CompleteResult, GetPromptRequestParams, GetPromptResponse, GetTaskParams,
            GetTaskResult, Implementation, ListPromptsResult, ListResourceTemplatesResult,
            ListResourcesResult, ListToolsResult, PaginatedRequestParams,
            ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
            SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, Tool,
            UnsubscribeRequestParams, UpdateTaskParams,
        },
        service::{RequestContext, SubscriptionContext},
        task_manager::TaskManager,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{asking, changes::Changes, content, jobs, rounds::Rounds};

#[derive(Clone)]
pub(super) struct Everything {
    router: Arc<ToolRouter<Self>>,
    changes: Changes,
    rounds: Arc<Rounds>,
    tasks: TaskManager,
    watched: Arc<Mutex<BTreeSet<String>>>,
}

/// A value of the protocol, as it is on the wire.
///
/// # Panics
/// When it is not one.
pub(super) fn wire<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a value of the protocol")
}

/// A result that ends its request. Clients of 2025-11-25 are not told so.
pub(super) fn complete<T: DeserializeOwned>(mut value: Value) -> T {
    value["resultType"] = json!("complete");
    wire(value)
}

impl Everything {
    pub(super) fn new(guard: &Guard) -> Self {
        Self {
            router: Arc::new(guard.routes()),
            changes: Changes::default(),
            rounds: Arc::new(Rounds::new()),
            tasks: TaskManager::new(),
            watched: Arc::default(),
        }
    }

    fn ordinary() -> impl Iterator<Item = Tool> {
        let groups =
            [content::tools(), asking::tools(), Rounds::tools(), jobs::tools(), Changes::tools()];
        groups.into_iter().flat_map(|tools| tools.as_array().cloned().unwrap_or_default()).map(wire)
    }

    async fn call_ordinary(
        &self,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.clone().unwrap_or_default());
        if let Some(content) = content::of_tool(&request.name, &arguments) {
            return Ok(CallToolResponse::Complete(complete(content)));
        }
        if let Some(answer) = asking::call(request, context).await {
            return answer;
        }
        if let Some(answer) = self.rounds.call(request, context) {
            return answer;
        }
        if let Some(answer) = jobs::call(&self.tasks, request, context).await {
            return answer;
        }
        match self.changes.call(&request.name) {
            Some(answer) => Ok(answer),
            None => Err(ErrorData::invalid_params("tool not found", None)),
        }
    }
}

impl ServerHandler for Everything {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_completions()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_resources_list_changed()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_tasks()
            .build();
        let mut config = ServerConfig::new(capabilities);
        config.server_info = Implementation::new("mcp-guard-conformance", "1");
        config
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.router
            .get(name)
            .cloned()
            .or_else(|| Self::ordinary().find(|ordinary| ordinary.name == name))
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.router.list_all().into_iter().chain(Self::ordinary()).collect();
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if self.router.has_route(&request.name) {
            return self.router.call(ToolCallContext::new(self, request, context)).await;
        }
        self.call_ordinary(&request, &context).await
    }

    async fn list_prompts(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(complete(json!({"prompts": content::prompts()})))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if let Some(answer) = Rounds::prompt(&request) {
            return Ok(answer);
        }
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        match content::of_prompt(&request.name, &arguments) {
            Some(content) => Ok(GetPromptResponse::Complete(complete(content))),
            None => Err(ErrorData::invalid_params("prompt not found", None)),
        }
    }

    async fn list_resources(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(complete(json!({"resources": content::resources()})))
    }

    async fn list_resource_templates(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(complete(json!({"resourceTemplates": content::templates()})))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let Some(content) = content::of_resource(&request.uri) else {
            let about = json!({"uri": request.uri});
            return Err(ErrorData::resource_not_found("resource not found", Some(about)));
        };
        Ok(ReadResourceResponse::Complete(complete(content)))
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.watched.lock().expect("a set").insert(request.uri);
        Ok(())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.watched.lock().expect("a set").remove(&request.uri);
        Ok(())
    }

    async fn set_level(
        &self,
        _request: SetLevelRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Ok(complete(json!({"completion": content::completion(&request.argument.value)})))
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        self.changes.tell(&subscription).await;
        Ok(())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        self.tasks.get_task(&request.task_id).map(GetTaskResult::new)
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.tasks.update_task(&request.task_id, request.input_responses)
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.tasks.cancel_task(&request.task_id)
    }
}
