//! What those are told who are not let in: the challenges of RFC 6750 §3, as the MCP authorization
//! specification wants them.

use std::collections::BTreeSet;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{caller::Caller, guard::Guard};

/// How long to wait before a token is sent again that could not be checked.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAdmitted {
    /// No token came: RFC 6750 §3 wants a challenge without an error code.
    NoToken,
    /// The token is not valid.
    InvalidToken,
    /// The request carries its token in a way that is not allowed.
    InvalidRequest,
    /// The token cannot be checked.
    Unavailable,
}

/// The challenges of one server. They are made of its configuration alone, never of a request.
pub(super) struct Challenges {
    /// Where its metadata is, if it has any.
    metadata: Option<String>,
    /// What a client that knows nothing yet is to ask for.
    first: BTreeSet<&'static str>,
    /// Every scope that a tool asks for, or that includes others.
    scopes: BTreeSet<String>,
}

impl Challenges {
    pub(super) fn of(guard: &Guard) -> Self {
        let resource =
            guard.core().http().and_then(|parts| parts.authenticate.protected_resource());
        Self {
            metadata: resource.map(super::ProtectedResource::metadata_url),
            first: guard.core().toolbox().first_scopes(),
            scopes: guard.core().meaningful_scopes(),
        }
    }

    /// The answer to a request that is not let in.
    pub(super) fn refuse(&self, why: NotAdmitted) -> Response {
        let (status, error) = match why {
            NotAdmitted::NoToken => (StatusCode::UNAUTHORIZED, None),
            NotAdmitted::InvalidToken => (StatusCode::UNAUTHORIZED, Some("invalid_token")),
            NotAdmitted::InvalidRequest => (StatusCode::BAD_REQUEST, Some("invalid_request")),
            NotAdmitted::Unavailable => {
                let retry = [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)];
                return (StatusCode::SERVICE_UNAVAILABLE, retry).into_response();
            }
        };
        let asks = status == StatusCode::UNAUTHORIZED && self.metadata.is_some();
        let scopes = if asks { joined(&self.first) } else { String::new() };
        (status, [(header::WWW_AUTHENTICATE, self.challenge(error, &scopes))]).into_response()
    }

    /// Whether there is somewhere to get a token with more scopes.
    pub(super) fn has_issuer(&self) -> bool {
        self.metadata.is_some()
    }

    /// The challenge to a caller who lacks one of these scopes: all of them, and with `keeping` those
    /// that it holds as well.
    pub(super) fn insufficient_scope(
        &self,
        required: &[&'static str],
        keeping: Option<&Caller>,
    ) -> HeaderValue {
        let known = self.scopes.iter().map(String::as_str);
        let held = known.filter(|scope| keeping.is_some_and(|caller| caller.has_scope(scope)));
        let scopes = held.chain(required.iter().copied()).collect();
        self.challenge(Some("insufficient_scope"), &joined(&scopes))
    }

    fn challenge(&self, error: Option<&str>, scopes: &str) -> HeaderValue {
        let scopes = (!scopes.is_empty()).then_some(scopes);
        let parameters =
            [("error", error), ("scope", scopes), ("resource_metadata", self.metadata.as_deref())];
        let written: Vec<_> = parameters
            .into_iter()
            .filter_map(|(name, value)| Some(format!(" {name}={}", quoted(value?)?)))
            .collect();
        // Only visible ASCII is left, which a header can hold.
        HeaderValue::try_from(format!("Bearer{}", written.join(",")))
            .unwrap_or(HeaderValue::from_static("Bearer"))
    }
}

fn joined(scopes: &BTreeSet<&str>) -> String {
    scopes.iter().copied().collect::<Vec<_>>().join(" ")
}

/// A `quoted-string` of RFC 9110 §5.6.4. `None` for what has a character in it that would end the
/// header, or that a client could read in another way.
fn quoted(value: &str) -> Option<String> {
    if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    Some(format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenges(metadata: Option<&str>) -> Challenges {
        Challenges {
            metadata: metadata.map(str::to_owned),
            first: BTreeSet::from(["orders"]),
            scopes: ["orders", "refunds", "refunds:large", "staff"].map(Into::into).into(),
        }
    }

    fn refusal(challenges: &Challenges, why: NotAdmitted) -> (u16, String) {
        let response = challenges.refuse(why);
        let challenge = response.headers().get(header::WWW_AUTHENTICATE).expect("a challenge");
        (response.status().as_u16(), challenge.to_str().expect("text").to_owned())
    }

    #[test]
    fn a_client_is_told_where_to_get_a_token_and_for_what() {
        use NotAdmitted::{InvalidRequest, InvalidToken, NoToken};
        let with = challenges(Some("https://pay.example/m"));
        let at = r#"resource_metadata="https://pay.example/m""#;
        for (why, status, challenge) in [
            (NoToken, 401, format!(r#"Bearer scope="orders", {at}"#)),
            (InvalidToken, 401, format!(r#"Bearer error="invalid_token", scope="orders", {at}"#)),
            (InvalidRequest, 400, format!(r#"Bearer error="invalid_request", {at}"#)),
        ] {
            assert_eq!(refusal(&with, why), (status, challenge));
        }
        assert_eq!(refusal(&challenges(None), NoToken), (401, "Bearer".into()));
        let invalid = refusal(&challenges(None), InvalidToken);
        assert_eq!(invalid, (401, r#"Bearer error="invalid_token""#.into()));
    }

    #[test]
    fn a_token_that_cannot_be_checked_may_be_sent_again_later() {
        let response = challenges(None).refuse(NotAdmitted::Unavailable);
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
        assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
    }

    #[test]
    fn all_scopes_of_a_tool_are_in_one_challenge_and_others_only_if_they_are_to_be_kept() {
        let challenges = challenges(None);
        let required = ["refunds", "audit"];
        let held = ["orders", "staff", "of another server", "a\"b"];
        let caller = Caller::local("agent").with_scopes(held);
        let challenge = |keeping| challenges.insufficient_scope(&required, keeping);
        assert_eq!(challenge(None), r#"Bearer error="insufficient_scope", scope="audit refunds""#);
        assert_eq!(
            challenge(Some(&caller)),
            r#"Bearer error="insufficient_scope", scope="audit orders refunds staff""#
        );
    }

    #[test]
    fn no_value_breaks_out_of_its_quotes_or_its_header() {
        assert_eq!(quoted(r#"a" b\"#).as_deref(), Some(r#""a\" b\\""#));
        for breaking in ["a\r\nSet-Cookie: b", "a\nb", "a\0b", "a\tb", "a\u{7f}", "ä", "\u{2028}"]
        {
            assert_eq!(quoted(breaking), None, "{breaking:?}");
            let challenge = challenges(Some(breaking)).challenge(None, "orders");
            assert_eq!(challenge, r#"Bearer scope="orders""#);
        }
        let hostile = r#"https://x/", error="none"#;
        let challenge = challenges(Some(hostile)).challenge(None, "");
        assert_eq!(challenge, r#"Bearer resource_metadata="https://x/\", error=\"none""#);
    }
}
