//! The typed client of the payments service.

use std::{fmt, time::Duration};

use mcp_guard::ConfigError;
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;

use super::{
    Cause, DELIVERY_FEE_CENTS, NewRefund, PaidOrder, Reason, Refund, RefundError, Refusal,
    RefusalBody,
};
use crate::settings;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The payments service, as its account holder sees it.
///
/// It holds the service-account token. The tools borrow it; the model never sees it.
#[derive(Clone)]
pub(crate) struct Payments {
    http: Client,
    base: Url,
    token: String,
}

impl Payments {
    /// How long a request may take, unless `REFUNDS_PAYMENTS_TIMEOUT_MS` says otherwise.
    pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

    /// The service at `base`, with the token of a service account.
    ///
    /// # Errors
    /// When `base` is not an `http://` address.
    pub(crate) fn new(base: &str, token: &str, timeout: Duration) -> Result<Self, ConfigError> {
        let base = Url::parse(base)
            .ok()
            .filter(|url| url.scheme() == "http" && url.has_host())
            .ok_or_else(|| {
                ConfigError::new(
                    "the address of the payments service does not fit: \
                     write it as REFUNDS_PAYMENTS_URL=http://127.0.0.1:4242",
                )
            })?;
        let http = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            // A kept connection that turns out dead would turn "never sent" into "who knows".
            .pool_max_idle_per_host(0)
            // The token is for this address alone, and a refund is not for following around.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| ConfigError::new(format!("no HTTP client: {error}")))?;
        Ok(Self { http, base, token: token.to_owned() })
    }

    /// The service that `REFUNDS_PAYMENTS_URL` names, with the token in `REFUNDS_PAYMENTS_TOKEN`;
    /// `None` when no service is named.
    ///
    /// # Errors
    /// When the token is missing, or a variable has a value that does not fit.
    pub(crate) fn from_env() -> Result<Option<Self>, ConfigError> {
        let Some(base) = settings::text("REFUNDS_PAYMENTS_URL")? else {
            return Ok(None);
        };
        let token = settings::required(
            "REFUNDS_PAYMENTS_TOKEN",
            "the token of the service account at REFUNDS_PAYMENTS_URL",
        )?;
        Self::new(&base, &token, Self::timeout_from_env()?).map(Some)
    }

    /// How long a request may take, as `REFUNDS_PAYMENTS_TIMEOUT_MS` says.
    ///
    /// # Errors
    /// When the variable is not a number of milliseconds above 0.
    pub(crate) fn timeout_from_env() -> Result<Duration, ConfigError> {
        Ok(settings::millis("REFUNDS_PAYMENTS_TIMEOUT_MS")?.unwrap_or(Self::TIMEOUT))
    }

    /// Refunds a part of an order. The same `key` pays once, however often it is sent.
    ///
    /// # Errors
    /// See [`RefundError`]: the variant says whether money can have moved.
    pub(crate) async fn refund(
        &self,
        order_id: &str,
        amount_cents: u64,
        reason: Reason,
        key: &str,
    ) -> Result<Refund, RefundError> {
        self.pay(order_id, amount_cents, reason.into(), key).await
    }

    /// Returns a part of the deposit that was left with an order, once for each `key`.
    ///
    /// # Errors
    /// As [`refund`](Self::refund).
    pub(crate) async fn return_deposit(
        &self,
        order_id: &str,
        amount_cents: u64,
        key: &str,
    ) -> Result<Refund, RefundError> {
        self.pay(order_id, amount_cents, Cause::Deposit, key).await
    }

    /// Refunds an order's delivery fee, once for each `key`.
    ///
    /// # Errors
    /// As [`refund`](Self::refund).
    pub(crate) async fn refund_delivery(
        &self,
        order_id: &str,
        key: &str,
    ) -> Result<Refund, RefundError> {
        self.pay(order_id, DELIVERY_FEE_CENTS, Cause::Delivery, key).await
    }

    /// What was paid under `key`. `None`: nothing so far, and a request may still be on its way.
    ///
    /// # Errors
    /// When the service cannot say.
    pub(crate) async fn find(&self, key: &str) -> Result<Option<Refund>, RefundError> {
        let request = self.http.get(self.address(["v1", "refunds", "by-key", key]));
        match self.send(request).await? {
            Answer::Yes(refund) => Ok(Some(refund)),
            Answer::No(_, Refusal::RefundNotFound) => Ok(None),
            Answer::No(status, _) => Err(RefundError::Refused(status)),
        }
    }

    /// The order of that number.
    ///
    /// # Errors
    /// When there is none, or the service cannot say.
    pub(crate) async fn order(&self, order_id: &str) -> Result<PaidOrder, RefundError> {
        let request = self.http.get(self.address(["v1", "orders", order_id]));
        self.send(request).await?.about(order_id)
    }

    async fn pay(
        &self,
        order_id: &str,
        amount_cents: u64,
        reason: Cause,
        key: &str,
    ) -> Result<Refund, RefundError> {
        let body = NewRefund { order_id: order_id.to_owned(), amount_cents, reason };
        let request = self
            .http
            .post(self.address(["v1", "refunds"]))
            .header("idempotency-key", key)
            .json(&body);
        self.send(request).await?.about(order_id)
    }

    /// Each part is escaped, so that an order number cannot lead to another path.
    fn address<const N: usize>(&self, path: [&str; N]) -> Url {
        let mut address = self.base.clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        address
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<Answer<T>, RefundError> {
        let answer = request.bearer_auth(&self.token).send().await.map_err(unsent_or_unanswered)?;
        let status = answer.status();
        if status.is_success() {
            // The answer says yes; unreadable, it does not say to what.
            return answer.json().await.map(Answer::Yes).map_err(RefundError::NoAnswer);
        }
        if status.is_client_error() {
            return refused(answer).await;
        }
        Err(match status {
            StatusCode::SERVICE_UNAVAILABLE => RefundError::Unavailable(status),
            _ => RefundError::Failed(status),
        })
    }
}

/// Without the token.
impl fmt::Debug for Payments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payments").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// Only a connection that was never made is certain to have carried nothing.
fn unsent_or_unanswered(error: reqwest::Error) -> RefundError {
    if error.is_connect() { RefundError::Unreachable(error) } else { RefundError::NoAnswer(error) }
}

/// A status of 4xx means that nothing was done, whatever its body says, save for the two that say
/// something of timing.
async fn refused<T>(answer: Response) -> Result<Answer<T>, RefundError> {
    let status = answer.status();
    match status {
        StatusCode::TOO_MANY_REQUESTS => return Err(RefundError::Unavailable(status)),
        StatusCode::REQUEST_TIMEOUT => return Err(RefundError::Failed(status)),
        _ => {}
    }
    match answer.json::<RefusalBody>().await {
        Ok(body) => Ok(Answer::No(status, body.error)),
        Err(_) => Err(RefundError::Refused(status)),
    }
}

/// What the service said.
enum Answer<T> {
    Yes(T),
    No(StatusCode, Refusal),
}

impl<T> Answer<T> {
    /// What it said of a request that is about this order.
    fn about(self, order_id: &str) -> Result<T, RefundError> {
        let (status, refusal) = match self {
            Self::Yes(answer) => return Ok(answer),
            Self::No(status, refusal) => (status, refusal),
        };
        Err(match refusal {
            Refusal::OrderNotFound => RefundError::NoSuchOrder(order_id.to_owned()),
            Refusal::AmountAboveRemaining { remaining_cents } => {
                RefundError::AboveRemaining { remaining_cents }
            }
            // Something was done under this key, only not this.
            Refusal::IdempotencyKeyReused => RefundError::Failed(status),
            Refusal::BadRequest | Refusal::Unauthorized | Refusal::RefundNotFound => {
                RefundError::Refused(status)
            }
        })
    }
}
