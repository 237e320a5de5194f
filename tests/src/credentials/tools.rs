//! Tools that reach their backend with a credential.

use std::sync::Mutex;

use mcp_guard::{prelude::*, reqwest};
use schemars::JsonSchema;
use serde::Serialize;

use crate::ledger::Entry;

/// The backend's client.
pub(super) struct Payments {
    pub(super) url: String,
    pub(super) client: reqwest::Client,
    /// What became of the operation, as the backend will say: with which credential it was asked.
    pub(super) looked: std::sync::Arc<Mutex<Vec<String>>>,
}

#[derive(Serialize, JsonSchema)]
struct Refund {
    refund_id: String,
}

#[derive(Debug, thiserror::Error, ToolError)]
enum RefundError {
    #[error("the backend refuses: {0}")]
    #[tool_error(rejected, public)]
    Refused(String),
    #[error("the backend did not answer: {0}")]
    #[tool_error(ambiguous)]
    NoAnswer(String),
}

impl Payments {
    /// Sends what the credential authorizes, in place of a header that is there already.
    async fn refund(&self, credential: &Credential, entry: Entry) -> Result<Refund, RefundError> {
        let request = self.client.post(&self.url).header("Authorization", "Bearer of-nobody");
        let sent = credential.authorize(request.json(&entry)).send().await;
        let answer = sent.map_err(|error| RefundError::NoAnswer(error.to_string()))?;
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        match status.as_u16() {
            200 => Ok(Refund { refund_id: text }),
            400 => Err(RefundError::Refused(text)),
            _ => Err(RefundError::NoAnswer(format!("{status} to {}", credential.expose()))),
        }
    }
}

fn entry(tool: &str, order_id: String, amount_cents: u64, effect: &Effect) -> Entry {
    Entry { tool: tool.into(), order_id, amount_cents, key: effect.key().into() }
}

/// Refund an order.
#[guarded_tool(
    idempotent,
    scope = "refunds",
    max_amount = 50000,
    budget(calls <= 3, per = "1h", of = order_id)
)]
async fn create_refund(
    payments: &Payments,
    credential: &Credential,
    effect: &Effect,
    /// Order to refund.
    order_id: String,
    /// Cents.
    amount_cents: u64,
) -> Result<Refund, RefundError> {
    payments.refund(credential, entry("create_refund", order_id, amount_cents, effect)).await
}

/// Refund an order by a backend that knows its keys.
#[guarded_tool(idempotent(on_unknown = retry), scope = "refunds", max_amount = 50000)]
async fn retried_refund(
    payments: &Payments,
    credential: &Credential,
    effect: &Effect,
    /// Order to refund.
    order_id: String,
    /// Cents.
    amount_cents: u64,
) -> Result<Refund, RefundError> {
    payments.refund(credential, entry("retried_refund", order_id, amount_cents, effect)).await
}

/// Refund an order, and find out later.
#[guarded_tool(
    idempotent(on_unknown = reconcile(find_refund)),
    scope = "refunds",
    max_amount = 50000
)]
async fn reconciled_refund(
    payments: &Payments,
    credential: &Credential,
    effect: &Effect,
    /// Order to refund.
    order_id: String,
    /// Cents.
    amount_cents: u64,
) -> Result<Refund, RefundError> {
    payments.refund(credential, entry("reconciled_refund", order_id, amount_cents, effect)).await
}

async fn find_refund(
    payments: &Payments,
    credential: &Credential,
    effect: &Effect,
    order_id: String,
    amount_cents: u64,
) -> Result<Reconciled<Refund>, RefundError> {
    let entry = entry("reconciled_refund", order_id, amount_cents, effect);
    payments.looked.lock().expect("a list").push(credential.expose().to_owned());
    // The backend acts once for a key, so that asking again finds out.
    payments.refund(credential, entry).await.map(Reconciled::Landed)
}

/// What the tool's credential is for.
#[guarded_tool(read_only, scope("orders", "refunds"))]
async fn describe_credential(
    credential: &Credential,
) -> Result<Vec<String>, std::convert::Infallible> {
    Ok(credential.scopes().map(str::to_owned).collect())
}

/// Return what must not be returned.
#[guarded_tool(read_only, scope = "refunds")]
async fn leak(
    credential: &Credential,
    /// How: `value`, `panic`.
    how: String,
) -> Result<Vec<String>, std::convert::Infallible> {
    assert!(how != "panic", "with {}", credential.expose());
    Ok(vec![format!("it is {}", credential.expose())])
}

pub(super) fn register(builder: GuardBuilder) -> GuardBuilder {
    builder
        .tool::<create_refund>()
        .tool::<retried_refund>()
        .tool::<reconciled_refund>()
        .tool::<describe_credential>()
        .tool::<leak>()
}
