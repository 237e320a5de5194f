//! Which URLs may be asked.

use std::net::IpAddr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use super::Reach;

/// A URL that may be asked, as far as can be told before its name is resolved.
pub(crate) struct Target(Url);

impl Target {
    /// Takes an absolute `https` URL, or `http` on loopback where that is allowed. An address that
    /// is written out is judged here: no resolver will see it.
    ///
    /// # Errors
    /// What is wrong with it: it completes "the URL …".
    pub(crate) fn parse(url: &str, reach: Reach) -> Result<Self, String> {
        let url = Url::parse(url).map_err(|_| "is not an absolute URL".to_owned())?;
        let host = url.host_str().unwrap_or_default();
        match url.scheme() {
            "https" => {}
            "http" if is_loopback_host(host) && reach.http_on_loopback => {}
            "http" if is_loopback_host(host) => {
                return Err(
                    "is plain HTTP: add `.allow_http_on_loopback()`, for development".into()
                );
            }
            _ => return Err("must begin with `https://`".into()),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not have a user or a password in it".into());
        }
        if url.fragment().is_some() {
            return Err("must not have a fragment".into());
        }
        if literal(host).is_some_and(|address| !reach.allows(address)) {
            return Err("has an address that is not public: where that is meant, add \
                        `.allow_private_addresses()`"
                .into());
        }
        Ok(Self(url))
    }

    pub(crate) fn into_url(self) -> Url {
        self.0
    }
}

/// Whether a host, as a URL has it, is this machine whatever a name server says.
fn is_loopback_host(host: &str) -> bool {
    is_localhost(host) || literal(host).is_some_and(|address| address.is_loopback())
}

/// Names that are loopback by definition (RFC 6761 §6.3).
pub(super) fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// The address that a URL's host is, written out. The URL's parser has put every spelling of an IPv4
/// address into the usual one.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// `application/x-www-form-urlencoded`, of one value.
pub(super) fn form_encoded(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_target(url: &str, reach: Reach) -> bool {
        Target::parse(url, reach).is_ok()
    }

    #[test]
    fn public_https_is_asked() {
        for url in
            ["https://auth.example.com/jwks", "https://auth.example.com:8443", "https://1.1.1.1"]
        {
            assert!(is_target(url, Reach::default()), "{url}");
        }
    }

    #[test]
    fn nothing_else_is_however_it_is_written() {
        for url in [
            "",
            "auth.example.com",
            "/jwks",
            "http://auth.example.com",
            "ftp://auth.example.com",
            "file:///etc/passwd",
            "https://user@auth.example.com",
            "https://u:p@auth.example.com",
            "https://auth.example.com/#x",
            "http://localhost",
            "http://127.0.0.1",
            "https://127.0.0.1",
            "https://127.1",
            "https://0x7f.1",
            "https://2130706433",
            "https://0177.0.0.1",
            "https://[::1]",
            "https://[::ffff:127.0.0.1]",
            "https://169.254.169.254",
            "https://10.0.0.1",
            "https://[fd00:ec2::254]",
        ] {
            assert!(!is_target(url, Reach::default()), "{url}");
        }
    }

    #[test]
    fn plain_http_is_on_loopback_alone_where_it_is_allowed() {
        let development = Reach { http_on_loopback: true, ..Reach::default() };
        for url in ["http://127.0.0.1:80", "http://localhost", "http://[::1]", "http://a.localhost"]
        {
            assert!(is_target(url, development), "{url}");
        }
        for url in ["http://example.com", "http://10.0.0.1", "http://localhost.example.com"] {
            assert!(!is_target(url, development), "{url}");
        }
    }
}
