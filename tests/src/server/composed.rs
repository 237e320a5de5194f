//! A server of one's own: guarded tools beside an ordinary one, which looks at all that it can see.

use std::sync::Arc;

use axum::http::request::Parts;
use mcp_guard::{
    prelude::*,
    rmcp::{
        ErrorData, RoleServer, ServerHandler,
        handler::server::{
            router::tool::{ToolRoute, ToolRouter},
            tool::ToolCallContext,
        },
        model::{
            CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
            PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
        },
        service::RequestContext,
    },
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

#[derive(Clone)]
struct Composed {
    router: Arc<ToolRouter<Self>>,
}

/// Serves the guarded tools of `guard`, and `look_around`.
pub(super) async fn serve_stdio(guard: Guard) -> Result<(), mcp_guard::Error> {
    let server = Composed::new(&guard);
    guard.serve_stdio_with(server).await
}

/// The same, over HTTP.
pub(super) async fn serve_http(
    guard: &Guard,
    listener: TcpListener,
) -> Result<(), mcp_guard::Error> {
    let mut told = signal(SignalKind::terminate())?;
    let told = async move {
        told.recv().await;
    };
    let router = guard.protect(Composed::new(guard))?;
    axum::serve(listener, router).with_graceful_shutdown(told).await?;
    guard.drained().await;
    Ok(())
}

impl Composed {
    fn new(guard: &Guard) -> Self {
        let ordinary = Tool::new("look_around", "Tell all that a tool can see.", Arc::default());
        let route = ToolRoute::new_dyn(ordinary, |context: ToolCallContext<'_, Self>| {
            let seen = all_that_is_seen(&context.request_context);
            Box::pin(
                async move { Ok(CallToolResult::success(vec![ContentBlock::text(seen)]).into()) },
            )
        });
        Self { router: Arc::new(guard.routes().with_route(route)) }
    }
}

fn all_that_is_seen(context: &RequestContext<RoleServer>) -> String {
    let parts = context.extensions.get::<Parts>();
    let parts = parts.map(|parts| (&parts.uri, &parts.headers, &parts.extensions));
    format!("{context:?} {parts:?}")
}

impl ServerHandler for Composed {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.router.call(ToolCallContext::new(self, request, context)).await
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.router.list_all()))
    }
}
