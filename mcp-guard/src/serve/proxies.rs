//! Whose address a request comes from, where proxies stand in front.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

/// The proxies in front of a server, and the header in which they tell the client's address.
///
/// Only what a trusted proxy says counts. Each adds the address that it saw to the right end, so the
/// client is the rightmost address that is not itself a trusted proxy's; what stands to the left of it
/// may be made up. The proxies must add to this header on every request: one header is read, since a
/// proxy passes on whatever the client wrote into the other.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Proxies {
    trusted: Vec<IpNet>,
    header: Header,
    malformed: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default)]
enum Header {
    #[default]
    XForwardedFor,
    Forwarded,
}

impl Proxies {
    /// Proxies at these addresses or networks, such as `10.0.0.0/8` or `::1`, that add to
    /// `X-Forwarded-For`.
    pub fn x_forwarded_for<N: AsRef<str>>(trusted: impl IntoIterator<Item = N>) -> Self {
        Self::reading(Header::XForwardedFor, trusted)
    }

    /// Proxies that add to `Forwarded` (RFC 7239).
    pub fn forwarded<N: AsRef<str>>(trusted: impl IntoIterator<Item = N>) -> Self {
        Self::reading(Header::Forwarded, trusted)
    }

    fn reading<N: AsRef<str>>(header: Header, trusted: impl IntoIterator<Item = N>) -> Self {
        let mut proxies = Self { header, ..Self::default() };
        for network in trusted {
            match parse_network(network.as_ref()) {
                Some(network) => proxies.trusted.push(network),
                None => proxies.malformed.push(network.as_ref().to_owned()),
            }
        }
        proxies
    }

    /// What is wrong with them.
    pub(super) fn mistakes(&self) -> impl Iterator<Item = String> {
        self.malformed.iter().map(|network| {
            format!(
                "`.behind(…)` trusts {network:?}, which is no address or network: write one such as \
                 `10.0.0.0/8` or `::1`"
            )
        })
    }

    /// Whether this is one of them.
    pub(super) fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// The client's address, for a connection from `peer`. Where the chain cannot be read, it is that
    /// of the last proxy that can be.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.to_canonical();
        if !self.trust(nearest) {
            return nearest;
        }
        for hop in self.hops(headers) {
            let Some(hop) = hop else { return nearest };
            nearest = hop;
            if !self.trust(hop) {
                break;
            }
        }
        nearest
    }

    /// The addresses that the header tells, from the right; `None` for one that is none.
    fn hops(&self, headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
        let (name, address): (HeaderName, fn(&str) -> Option<IpAddr>) = match self.header {
            Header::XForwardedFor => (HeaderName::from_static("x-forwarded-for"), parse_address),
            Header::Forwarded => (header::FORWARDED, parse_forwarded),
        };
        let values: Vec<_> = headers.get_all(name).iter().collect();
        values.into_iter().rev().flat_map(move |value| {
            let elements = value.to_str().unwrap_or("?").rsplit(',');
            elements.map(|element| address(element.trim())).collect::<Vec<_>>()
        })
    }
}

fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// An address, perhaps with a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn parse_address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    let address = text.parse().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    Some(address.or_else(|| bracketed().map(IpAddr::V6))?.to_canonical())
}

/// The `for` of an element of `Forwarded` (RFC 7239 §4). One with a quoted comma is none.
fn parse_forwarded(element: &str) -> Option<IpAddr> {
    let mut told = element.split(';').filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    });
    let value = told.next()?;
    if told.next().is_some() {
        return None;
    }
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    parse_address(unquoted.unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &Proxies, peer: &str, headers: &[(&'static str, &str)]) -> String {
        let headers = headers.iter().map(|(name, value)| {
            (HeaderName::from_static(name), value.parse().expect("a header's value"))
        });
        proxies.client(peer.parse().expect("an address"), &headers.collect()).to_string()
    }

    #[test]
    fn nobody_is_believed_but_trusted_proxies() {
        let forged = [("x-forwarded-for", "192.0.2.9"), ("forwarded", "for=192.0.2.9")];
        let proxies = Proxies::x_forwarded_for(["10.0.0.0/8", "::1"]);
        assert_eq!(client(&Proxies::default(), "10.0.0.1", &forged), "10.0.0.1");
        assert_eq!(client(&proxies, "198.51.100.7", &forged), "198.51.100.7");
        assert_eq!(client(&proxies, "10.0.0.1", &forged), "192.0.2.9");
        assert_eq!(client(&proxies, "::1", &forged), "192.0.2.9");
        assert_eq!(client(&proxies, "::ffff:10.0.0.1", &forged), "192.0.2.9");
        assert_eq!(client(&proxies, "10.0.0.1", &forged[1..]), "10.0.0.1", "the other header");
    }

    #[test]
    fn the_client_is_the_rightmost_that_is_no_proxy() {
        let proxies = Proxies::x_forwarded_for(["10.0.0.0/8"]);
        for (chain, expected) in [
            (&["203.0.113.5, 192.0.2.9"][..], "192.0.2.9"),
            (&["203.0.113.5, 192.0.2.9, 10.1.1.1"], "192.0.2.9"),
            (&["203.0.113.5", "192.0.2.9,10.1.1.1"], "192.0.2.9"),
            (&["192.0.2.9, nonsense"], "10.0.0.1"),
            (&["192.0.2.9, unknown, 10.1.1.1"], "10.1.1.1"),
            (&["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
            (&[""], "10.0.0.1"),
            (&["192.0.2.9:4711"], "192.0.2.9"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["::ffff:192.0.2.9"], "192.0.2.9"),
        ] {
            let headers: Vec<_> = chain.iter().map(|value| ("x-forwarded-for", *value)).collect();
            assert_eq!(client(&proxies, "10.0.0.1", &headers), expected, "{chain:?}");
        }
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        let proxies = Proxies::forwarded(["10.0.0.1"]);
        for (value, expected) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=203.0.113.5, for=192.0.2.9", "192.0.2.9"),
            ("for=_hidden", "10.0.0.1"),
            ("for=unknown", "10.0.0.1"),
            ("for=192.0.2.9;for=192.0.2.8", "10.0.0.1"),
            ("proto=http", "10.0.0.1"),
            ("for=\"192.0.2.9, for=192.0.2.8\"", "10.0.0.1"),
        ] {
            assert_eq!(client(&proxies, "10.0.0.1", &[("forwarded", value)]), expected, "{value}");
        }
    }
}
