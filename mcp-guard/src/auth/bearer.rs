//! The bearer token of a request: where it may stand, and that it goes no further.

use axum::http::{HeaderMap, Uri, header};

use super::challenge::NotAdmitted;

/// The longest token that is looked at.
pub(super) const MAX_TOKEN: usize = 8 * 1024;

/// Headers that carry credentials of the caller's, for somebody else or for us in another way.
const CREDENTIALS: [header::HeaderName; 3] =
    [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE];

/// The one bearer token of a request (RFC 6750 §2.1). In the query it would end up in logs, and two
/// of them could be read differently by a proxy.
pub(super) fn token_of<'a>(headers: &'a HeaderMap, uri: &Uri) -> Result<&'a str, NotAdmitted> {
    let query = uri.query().unwrap_or_default();
    if query.split('&').any(|pair| pair.split('=').next() == Some("access_token")) {
        return Err(NotAdmitted::InvalidRequest);
    }
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(NotAdmitted::NoToken)?;
    if values.next().is_some() {
        return Err(NotAdmitted::InvalidRequest);
    }
    let value = value.to_str().map_err(|_| NotAdmitted::InvalidToken)?;
    let (scheme, token) = value.split_once(' ').ok_or(NotAdmitted::InvalidToken)?;
    let token = token.trim_start_matches(' ');
    let fits =
        scheme.eq_ignore_ascii_case("bearer") && token.len() <= MAX_TOKEN && is_token68(token);
    if !fits {
        return Err(NotAdmitted::InvalidToken);
    }
    // Under whatever name it stands there, a tool would see it.
    if has(query.as_bytes(), token.as_bytes()) {
        return Err(NotAdmitted::InvalidRequest);
    }
    Ok(token)
}

/// `b64token` of RFC 6750 §2.1.
fn is_token68(token: &str) -> bool {
    let unpadded = token.trim_end_matches('=');
    !unpadded.is_empty() && unpadded.bytes().all(is_of_a_token)
}

/// Whether a token can have it, but for the `=` at its end.
fn is_of_a_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

/// Takes the caller's credentials out of the headers, so that no tool sees them: the token, every
/// header into which a proxy has copied it, and those that carry credentials for somebody else.
pub(super) fn strip(headers: &mut HeaderMap) {
    let token = headers.get(header::AUTHORIZATION).cloned();
    let token = token.as_ref().and_then(|value| value.as_bytes().rsplit(|b| *b == b' ').next());
    let copies: Vec<_> = headers
        .iter()
        .filter(|(_, value)| token.is_some_and(|token| has(value.as_bytes(), token)))
        .map(|(name, _)| name.clone())
        .collect();
    for name in copies.iter().chain(&CREDENTIALS) {
        headers.remove(name);
    }
}

/// Whether the token stands in a text, as a word of its own.
fn has(text: &[u8], token: &[u8]) -> bool {
    let end = token.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    text.split(|byte| !is_of_a_token(*byte)).any(|word| word == &token[..end])
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let value = |value: &&str| HeaderValue::from_str(value).expect("a header");
        values.iter().map(|text| (name.parse().expect("a name"), value(text))).collect()
    }

    fn token(values: &[&str], uri: &str) -> Result<String, NotAdmitted> {
        let mut sent = HeaderMap::new();
        for (name, value) in &headers("authorization", values) {
            sent.append(name, value.clone());
        }
        token_of(&sent, &uri.parse().expect("a URI")).map(str::to_owned)
    }

    #[test]
    fn one_bearer_token_is_taken() {
        assert_eq!(token(&["Bearer abc"], "/mcp").as_deref(), Ok("abc"));
        assert_eq!(token(&["bearer a-b._~+/=="], "/mcp?x=1").as_deref(), Ok("a-b._~+/=="));
        assert_eq!(token(&["Bearer a"], "/mcp?page=all").as_deref(), Ok("a"));
    }

    #[test]
    fn anything_else_is_not() {
        use NotAdmitted::{InvalidRequest, InvalidToken, NoToken};
        let long = format!("Bearer {}", "x".repeat(MAX_TOKEN + 1));
        for (values, uri, expected) in [
            (&[][..], "/mcp", NoToken),
            (&[][..], "/mcp?access_token=a", InvalidRequest),
            (&["Bearer a", "Bearer b"][..], "/mcp", InvalidRequest),
            (&["Bearer a"][..], "/mcp?access_token=b", InvalidRequest),
            (&["Bearer a-token="][..], "/mcp?t=a-token=&u", InvalidRequest),
            (&["Basic abc"][..], "/mcp", InvalidToken),
            (&["Bearer"][..], "/mcp", InvalidToken),
            (&["Bearer "][..], "/mcp", InvalidToken),
            (&["Bearer a b"][..], "/mcp", InvalidToken),
            (&["Bearer a,Bearer b"][..], "/mcp", InvalidToken),
            (&[long.as_str()][..], "/mcp", InvalidToken),
        ] {
            assert_eq!(token(values, uri), Err(expected), "{values:?} {uri}");
        }
    }

    #[test]
    fn no_credential_is_left_wherever_it_was_copied() {
        let mut sent = headers("authorization", &["Bearer  secret-1="]);
        sent.extend(headers("x-forwarded-access-token", &["secret-1="]));
        sent.extend(headers("x-original-authorization", &["Bearer secret-1="]));
        sent.extend(headers("x-session", &[r#"{"token":"secret-1="}"#]));
        sent.extend(headers("proxy-authorization", &["Basic c2VjcmV0"]));
        sent.extend(headers("cookie", &["session=secret"]));
        sent.extend(headers("mcp-name", &["get_order"]));
        strip(&mut sent);
        assert_eq!(sent, headers("mcp-name", &["get_order"]));
    }

    #[test]
    fn what_only_has_a_short_token_s_letters_is_left() {
        let mut sent = headers("authorization", &["Bearer json"]);
        sent.extend(headers("content-type", &["application/json"]));
        strip(&mut sent);
        assert_eq!(sent, headers("content-type", &["application/json"]));
    }
}
