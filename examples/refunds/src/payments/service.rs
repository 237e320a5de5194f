//! The payments service over HTTP.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Extension, Json, Router,
    extract::{Path, Request, State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde::{Deserialize, Serialize};

use super::{
    Fault, Ledger, NewRefund, Refusal, RefusalBody,
    fault::{Faults, misbehave},
    ledger::Booking,
    line::{Cut, Door, Doorkeeper},
};
use crate::bearer::TokenHash;

/// Who may call the service.
pub(crate) struct Tokens {
    /// For the service account.
    pub(crate) account: String,
    /// For whoever may tell the service to misbehave. `None`: nobody.
    pub(crate) admin: Option<String>,
}

/// The service on an open port. It takes no call before [`run`](Service::run).
pub(crate) struct Service {
    door: Door,
    router: Router,
}

impl Service {
    /// Opens the port; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port cannot be opened.
    pub(crate) async fn open(
        listen: SocketAddr,
        ledger: Ledger,
        tokens: Tokens,
    ) -> io::Result<Self> {
        let (door, doorkeeper) = Door::open(listen).await?;
        let faults = Arc::new(Faults::new());
        let mut router = account_routes(Arc::new(ledger), Arc::clone(&faults), &tokens.account);
        if let Some(admin) = &tokens.admin {
            router = router.merge(admin_routes(faults, doorkeeper, admin));
        }
        Ok(Self { door, router: router.fallback(async || refuse(Refusal::BadRequest)) })
    }

    /// The address, as a URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.door.address())
    }

    /// Serves for good.
    ///
    /// # Errors
    /// When the server fails.
    pub(crate) async fn run(self) -> io::Result<()> {
        axum::serve(self.door, self.router.into_make_service_with_connect_info::<Cut>()).await
    }
}

fn account_routes(ledger: Arc<Ledger>, faults: Arc<Faults>, token: &str) -> Router {
    Router::new()
        .route("/v1/refunds", post(create_refund))
        // What only looks is left alone, so that a fault meets the call that it was meant for.
        .route_layer(middleware::from_fn_with_state(faults, misbehave))
        .route("/v1/refunds/by-key/{key}", get(find_refund))
        .route("/v1/orders/{order_id}", get(get_order))
        .with_state(ledger)
        .route_layer(middleware::from_fn_with_state(TokenHash::of(token), authenticate))
}

fn admin_routes(faults: Arc<Faults>, doorkeeper: Doorkeeper, token: &str) -> Router {
    Router::new()
        .route("/admin/fault", put(arm))
        .route("/admin/fault/played", get(played))
        .with_state(faults)
        .route("/admin/closed", put(close))
        .layer(Extension(doorkeeper))
        .route_layer(middleware::from_fn_with_state(TokenHash::of(token), authenticate))
}

async fn create_refund(
    State(ledger): State<Arc<Ledger>>,
    headers: HeaderMap,
    body: Result<Json<NewRefund>, JsonRejection>,
) -> Response {
    let (Ok(Json(request)), Ok(key)) = (body, idempotency_key(&headers)) else {
        return refuse(Refusal::BadRequest);
    };
    match on_ledger(ledger, move |ledger| ledger.refund(&request, key.as_deref())).await {
        Ok(Booking::Made(refund)) => (StatusCode::CREATED, Json(refund)).into_response(),
        Ok(Booking::Repeated(refund)) => {
            (StatusCode::CREATED, [("idempotent-replayed", "true")], Json(refund)).into_response()
        }
        Ok(Booking::Refused(refusal)) => refuse(refusal),
        Err(status) => status.into_response(),
    }
}

/// What was refunded under a key. That nothing was, so far, does not say that nothing will be: a
/// request may be on its way.
async fn find_refund(State(ledger): State<Arc<Ledger>>, Path(key): Path<String>) -> Response {
    match on_ledger(ledger, move |ledger| ledger.find(&key)).await {
        Ok(Some(refund)) => Json(refund).into_response(),
        Ok(None) => refuse(Refusal::RefundNotFound),
        Err(status) => status.into_response(),
    }
}

async fn get_order(State(ledger): State<Arc<Ledger>>, Path(order_id): Path<String>) -> Response {
    match on_ledger(ledger, move |ledger| ledger.order(&order_id)).await {
        Ok(Some(order)) => Json(order).into_response(),
        Ok(None) => refuse(Refusal::OrderNotFound),
        Err(status) => status.into_response(),
    }
}

/// Arms a fault for the next requests to refund.
async fn arm(State(faults): State<Arc<Faults>>, Json(fault): Json<Fault>) -> StatusCode {
    faults.arm(fault);
    StatusCode::NO_CONTENT
}

/// Answers when the armed fault has been done to all calls that it was for.
async fn played(State(faults): State<Arc<Faults>>) -> StatusCode {
    faults.played().await;
    StatusCode::NO_CONTENT
}

/// For how long the port is to be closed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closed {
    pub(crate) millis: u64,
}

/// Closes the port, then answers on the connection that is still there.
async fn close(
    Extension(doorkeeper): Extension<Doorkeeper>,
    Json(closed): Json<Closed>,
) -> StatusCode {
    doorkeeper.close(Duration::from_millis(closed.millis)).await;
    StatusCode::NO_CONTENT
}

async fn authenticate(State(expected): State<TokenHash>, request: Request, next: Next) -> Response {
    if expected.is_borne_by(request.headers()) {
        next.run(request).await
    } else {
        refuse(Refusal::Unauthorized)
    }
}

/// The key, if there is one. Repeated, empty or unreadable, it is an error: acting without the key
/// that the caller meant would act twice.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut keys = headers.get_all("idempotency-key").iter();
    match (keys.next().map(|key| key.to_str()), keys.next()) {
        (None, _) => Ok(None),
        (Some(Ok(key)), None) if (1..=255).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Refusal::BadRequest),
    }
}

/// Runs a question to the ledger off the event loop. A ledger that fails is a 500: the commit may
/// or may not have gone through.
async fn on_ledger<T: Send + 'static>(
    ledger: Arc<Ledger>,
    question: impl FnOnce(&Ledger) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, StatusCode> {
    match tokio::task::spawn_blocking(move || question(&ledger)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            tracing::error!(%error, "the ledger failed");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Err(error) => {
            tracing::error!(%error, "the ledger panicked");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

fn refuse(error: Refusal) -> Response {
    let status = match error {
        Refusal::BadRequest => StatusCode::BAD_REQUEST,
        Refusal::Unauthorized => StatusCode::UNAUTHORIZED,
        Refusal::OrderNotFound | Refusal::RefundNotFound => StatusCode::NOT_FOUND,
        Refusal::AmountAboveRemaining { .. } | Refusal::IdempotencyKeyReused => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    (status, Json(RefusalBody { error })).into_response()
}
