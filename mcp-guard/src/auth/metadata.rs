//! What clients are told of where to get a token: protected resource metadata (RFC 9728).

use http::{Uri, uri::Scheme};

/// Where a server's metadata is found (RFC 9728 §3.1).
pub(super) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The server, as an OAuth 2.0 protected resource: its identifier, and who issues tokens for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedResource {
    resource: String,
    authorization_servers: Vec<String>,
}

impl ProtectedResource {
    /// The server at this URL (RFC 9728 §1.2; the `resource` of RFC 8707), such as
    /// `https://payments.example.com/mcp`, for which these issuers issue tokens.
    ///
    /// It is as clients reach the server, whatever proxies there are in between. `build()` refuses
    /// URLs that are not `https`, or `http` on this machine, and such with a query or a fragment.
    #[must_use]
    pub fn new<I: Into<String>>(
        resource: impl Into<String>,
        authorization_servers: impl IntoIterator<Item = I>,
    ) -> Self {
        Self {
            resource: resource.into(),
            authorization_servers: authorization_servers.into_iter().map(Into::into).collect(),
        }
    }

    /// The identifier: the URL that clients send as `resource`, and that tokens have in `aud`.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The issuers of its tokens.
    #[must_use]
    pub fn authorization_servers(&self) -> &[String] {
        &self.authorization_servers
    }

    /// The URL of its metadata: the well-known path between host and path of the identifier
    /// (RFC 9728 §3.1).
    #[must_use]
    pub fn metadata_url(&self) -> String {
        let (origin, path) = self.split();
        format!("{origin}{WELL_KNOWN}{path}")
    }

    /// The path of the identifier, without a slash at its end.
    pub(super) fn path(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (&str, &str) {
        let after_scheme = self.resource.find("://").map_or(0, |at| at + 3);
        let path = self.resource[after_scheme..].find('/').map(|at| after_scheme + at);
        let (origin, path) = self.resource.split_at(path.unwrap_or(self.resource.len()));
        (origin, path.trim_end_matches('/'))
    }

    /// What is wrong with it, each saying what to write.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if !is_plain_url(&self.resource) {
            mistakes.push(
                "the protected resource's identifier must be the URL at which clients reach the \
                 server, without query and fragment, such as `https://payments.example.com/mcp`; \
                 `http` is for loopback addresses only"
                    .into(),
            );
        }
        if self.authorization_servers.is_empty() {
            mistakes.push("the protected resource names no authorization server: name one".into());
        }
        if !self.authorization_servers.iter().all(|issuer| is_plain_url(issuer)) {
            mistakes.push(
                "an authorization server of the protected resource must be an issuer's URL, without \
                 query and fragment, such as `https://auth.example.com`; `http` is for loopback \
                 addresses only"
                    .into(),
            );
        }
        mistakes
    }
}

/// A URL of visible characters that mean the same in a header, a path and JSON, at which nobody on
/// the way can give another answer.
fn is_plain_url(url: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]%!$&'()*+,;=@".contains(&byte);
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    let private = uri.scheme() == Some(&Scheme::HTTPS)
        || uri.scheme() == Some(&Scheme::HTTP) && is_loopback(authority.host());
    url.bytes().all(plain) && private && !authority.as_str().contains('@')
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(url: &str) -> ProtectedResource {
        ProtectedResource::new(url, ["https://auth.example.com"])
    }

    #[test]
    fn metadata_stands_between_host_and_path() {
        for (resource_url, metadata_url) in [
            ("https://a.example", "https://a.example/.well-known/oauth-protected-resource"),
            ("https://a.example/", "https://a.example/.well-known/oauth-protected-resource"),
            ("https://a.example/mcp", "https://a.example/.well-known/oauth-protected-resource/mcp"),
            (
                "http://127.0.0.1:8787/x/mcp",
                "http://127.0.0.1:8787/.well-known/oauth-protected-resource/x/mcp",
            ),
        ] {
            assert_eq!(resource(resource_url).metadata_url(), metadata_url);
        }
    }

    #[test]
    fn what_names_a_server_that_can_be_trusted_is_taken() {
        for url in [
            "https://payments.example.com/mcp",
            "https://payments.example.com:8443",
            "http://127.0.0.1:8787/mcp",
            "http://[::1]:8787/mcp",
            "http://localhost/mcp",
        ] {
            assert_eq!(resource(url).mistakes(), Vec::<String>::new(), "{url}");
        }
    }

    #[test]
    fn what_does_not_is_refused_before_it_is_served() {
        for url in [
            "",
            "payments.example.com/mcp",
            "/mcp",
            "http://payments.example.com/mcp",
            "http://127.0.0.1.example.com/mcp",
            "ftp://payments.example.com/mcp",
            "https://user@payments.example.com/mcp",
            "https://payments.example.com/mcp?tenant=a",
            "https://payments.example.com/mcp#a",
            "https://payments.example.com/m\", error=\"none",
            "https://payments.example.com/a b",
            "https://payments.example.com/a\r\nSet-Cookie: b",
            "https://payments.example.com/{a}",
        ] {
            assert_eq!(resource(url).mistakes().len(), 1, "{url:?}");
            let issuer = ProtectedResource::new("https://a.example", [url]);
            assert_eq!(issuer.mistakes().len(), 1, "{url:?}");
        }
        let nobody = ProtectedResource::new("https://a.example", [""; 0]);
        assert_eq!(nobody.mistakes().len(), 1);
    }
}
