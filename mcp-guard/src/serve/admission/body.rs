//! A request's body that has to arrive in time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::time::{Instant, timeout_at};

/// A body took too long.
#[derive(Debug, thiserror::Error)]
#[error("the body did not arrive in time")]
struct TooSlow;

/// Goes on with a request whose body ends in an error once it has had its time. Whatever is made of
/// that error, the client is told 408.
pub(super) async fn within(allowed: Duration, request: Request, next: Next) -> Response {
    let late = Arc::new(AtomicBool::new(false));
    let deadline = Instant::now() + allowed;
    let request = request.map(|body| Body::from_stream(until(deadline, body, Arc::clone(&late))));
    let response = next.run(request).await;
    if late.load(Ordering::Relaxed) {
        StatusCode::REQUEST_TIMEOUT.into_response()
    } else {
        response
    }
}

fn until(
    deadline: Instant,
    body: Body,
    late: Arc<AtomicBool>,
) -> impl Stream<Item = Result<Bytes, axum::Error>> {
    stream::unfold((body.into_data_stream(), late), move |(mut data, late)| async move {
        if let Ok(next) = timeout_at(deadline, data.next()).await {
            return next.map(|next| (next, (data, late)));
        }
        late.store(true, Ordering::Relaxed);
        Some((Err(axum::Error::new(TooSlow)), (data, late)))
    })
}
