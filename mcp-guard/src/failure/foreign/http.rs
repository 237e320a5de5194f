//! Failed HTTP requests of `reqwest`, and answers that say that something failed.

use std::time::{Duration, SystemTime};

use reqwest::{
    Response, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};

use crate::failure::{Class, Report, ToolError};

/// The longest wait that a backend can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Answers of which RFC 9110, RFC 4918 and RFC 6585 say that the request was refused as it stands. The
/// other client errors are not among them: 408 and 499 may follow a request that was carried out, and
/// 409 may be the answer to a repeated request whose first copy is still under way.
const REFUSED: [u16; 24] = [
    400, 401, 402, 403, 404, 405, 406, 407, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423,
    424, 426, 428, 431, 451,
];

/// Why a request to a backend failed, with what it means for the effect.
///
/// | failure | class | code |
/// |---|---|---|
/// | no connection: refused, not found, TLS not agreed on, or out of time before there was one | `transient` | `backend_unreachable` |
/// | no answer in time, once there was a connection | `ambiguous` | `backend_timed_out` |
/// | the connection broke, or the answer could not be read | `ambiguous` | `backend_no_answer` |
/// | 425, 429: not taken on (RFC 8470 §5.2, RFC 6585 §4), with `Retry-After` | `transient` | `backend_busy` |
/// | 400 to 407, 410 to 417, 421 to 424, 426, 428, 431, 451 | `rejected` | `backend_refused` |
/// | 5xx, 503 too, with `Retry-After`; 408, 409, other 4xx, and redirects that were not followed | `ambiguous` | `backend_failed` |
/// | the request could not be made | `internal` | `backend_request_invalid` |
///
/// A gateway answers 503 for an upstream that it lost after the request had gone out, so that 503 says
/// nothing certain. **Do not let a client that acts follow redirects**
/// (`reqwest::redirect::Policy::none()`): a connection that is refused to the second request would read
/// as if the first had not been made.
///
/// The URL's credentials and query are left out of the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// There was no answer, or none that could be read.
    #[error("the request failed")]
    Request(#[source] reqwest::Error),
    /// The answer says that something failed.
    #[error("the backend answered {status}")]
    #[non_exhaustive]
    Status {
        /// How the backend answered.
        status: StatusCode,
        /// What `Retry-After` says, in seconds or as a date (RFC 9110 §10.2.3): at most a day.
        retry_after: Option<Duration>,
    },
}

/// Takes only an answer that says success.
pub trait CheckStatus: Sized {
    /// The answer, if its status is 2xx. Unlike reqwest's `error_for_status`, it minds `Retry-After`,
    /// and takes a redirect that was not followed for what it is.
    ///
    /// # Errors
    /// [`HttpError::Status`].
    fn check_status(self) -> Result<Self, HttpError>;
}

impl CheckStatus for Response {
    fn check_status(self) -> Result<Self, HttpError> {
        if self.status().is_success() {
            return Ok(self);
        }
        let retry_after = retry_after(self.headers(), SystemTime::now());
        Err(HttpError::Status { status: self.status(), retry_after })
    }
}

impl From<reqwest::Error> for HttpError {
    fn from(mut error: reqwest::Error) -> Self {
        if let Some(url) = error.url_mut() {
            url.set_query(None);
            // Only a URL that cannot have any refuses.
            let _none = url.set_username("").and_then(|()| url.set_password(None));
        }
        Self::Request(error)
    }
}

impl ToolError for HttpError {
    fn report(&self) -> Report {
        match self {
            Self::Request(error) => http(error),
            Self::Status { status, retry_after } => of_status(*status, *retry_after),
        }
    }
}

/// As of [`HttpError`], but for `Retry-After`, which such an error does not know.
impl ToolError for reqwest::Error {
    fn report(&self) -> Report {
        http(self)
    }
}

/// What an error of `reqwest` means: see [`HttpError`].
#[must_use]
pub fn http(error: &reqwest::Error) -> Report {
    if let Some(status) = error.status() {
        return of_status(status, None);
    }
    let (class, code) = if error.is_builder() {
        (Class::Internal, "backend_request_invalid")
    } else if error.is_connect() {
        (Class::Transient, "backend_unreachable")
    } else if error.is_timeout() {
        (Class::Ambiguous, "backend_timed_out")
    } else {
        (Class::Ambiguous, "backend_no_answer")
    };
    Report::new(class, code)
}

fn of_status(status: StatusCode, retry_after: Option<Duration>) -> Report {
    let (class, code) = match status.as_u16() {
        425 | 429 => (Class::Transient, "backend_busy"),
        refused if REFUSED.contains(&refused) => (Class::Rejected, "backend_refused"),
        _ => (Class::Ambiguous, "backend_failed"),
    };
    let report = Report::new(class, code);
    match retry_after {
        Some(after) => report.with_retry_after(after),
        None => report,
    }
}

fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits that are too many are a long time.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        // A date that has passed asks for no wait.
        let date = httpdate::parse_http_date(text).ok()?;
        date.duration_since(now).unwrap_or_default()
    };
    (!text.is_empty()).then_some(wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_date_in_every_form() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        let wait = |text: &str| {
            let headers = [(RETRY_AFTER, text.parse().expect("a value"))].into_iter().collect();
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        for (text, seconds) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sunday, 06-Nov-94 08:50:37 GMT", Some(60)),
            ("Sun Nov  6 08:50:37 1994", Some(60)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("99999999999999999999999999", Some(86_400)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(wait(text), seconds, "{text}");
        }
    }
}
