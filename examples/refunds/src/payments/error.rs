//! What can go wrong between the tools and the payments service, and what each says about money.

use mcp_guard::ToolError;
use reqwest::StatusCode;

/// A call to the payments service that failed.
///
/// The categories are the point: *transient* only where nothing can have been done, *rejected*
/// where the service said no, *ambiguous* wherever a refund may have been made.
#[derive(Debug, thiserror::Error, ToolError)]
pub(crate) enum RefundError {
    /// The service knows no such order.
    #[error("order {0} does not exist")]
    #[tool_error(rejected, code = "order_not_found", public)]
    NoSuchOrder(String),
    /// Less is left than was asked for, of the order or of its deposit.
    #[error("only {remaining_cents} cents of this are left to refund")]
    #[tool_error(rejected, code = "amount_above_remaining", public)]
    AboveRemaining {
        /// What is left.
        remaining_cents: u64,
    },
    /// The service refused for a reason that is the operator's to mend, such as its token.
    #[error("the payment service refused the request: status {0}")]
    #[tool_error(rejected, code = "payments_refused")]
    Refused(StatusCode),
    /// There was no connection, so the request never left.
    #[error("the payment service could not be reached")]
    #[tool_error(transient, code = "payments_unreachable", retry_after = "2s")]
    Unreachable(#[source] reqwest::Error),
    /// The service said that it did nothing and that it may later.
    #[error("the payment service takes no requests now: status {0}")]
    #[tool_error(transient, code = "payments_unavailable", retry_after = "2s")]
    Unavailable(StatusCode),
    /// The request left, and no answer that can be read came back.
    #[error("the payment service did not answer")]
    #[tool_error(ambiguous, code = "payments_no_answer")]
    NoAnswer(#[source] reqwest::Error),
    /// The service failed at some point, before or after it acted.
    #[error("the payment service failed: status {0}")]
    #[tool_error(ambiguous, code = "payments_failed")]
    Failed(StatusCode),
}
